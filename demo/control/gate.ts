import { sql } from "drizzle-orm"
import type { Pace } from "../pace.ts"
import type { Store } from "../store/store.ts"
import type { ControlReader } from "./control.ts"
import { type Asker, decideStanding, type Standing } from "./standing.ts"

/** Where work asks, before each step, whether it may go on. When nothing can be read, nothing goes on. */
export interface Gate {
	standing(asker: Asker): Promise<Standing>
	/** Resolves once the work may go on ("go"), or has to end ("stop"). */
	pass(asker: Asker): Promise<"go" | "stop">
}

type Words = { own: string | null; any_paused: boolean; stopped_at: Date | string | null; seen: string | number | null }
type Word = { seq: string | number; type: string; created_at: Date | string }

/** Events are re-read from this far back: one with a lower number may be committed after one with a higher. */
const OVERLAP = 200
const POLL_MS = 1_000

/**
 * A gate that asks alert-webhook, when the demo has one, and reads the rows of `observatory.claude_sessions` and the
 * emergency events.
 */
export function createGate(store: Store, pace: Pace, control: ControlReader | undefined): Gate {
	let eventsSeen = 0
	let lastStop: number | undefined
	let lastRelease: number | undefined

	const standing = async (asker: Asker): Promise<Standing> => {
		const said = await control?.read()
		if (said === "unknown") return "wait"
		const id = typeof asker === "string" ? "" : asker.session
		const [state, words] = await store.read(async (db) => {
			const rows = await db.execute<Words>(sql`
				select
					(select status from observatory.claude_sessions where id = ${id}) as own,
					exists (select from observatory.claude_sessions where source = 'demo' and status = 'paused') as any_paused,
					(select max(updated_at) from observatory.claude_sessions
						where source = 'demo' and status = 'emergency_stopped' and started_at > now() - interval '7 days') as stopped_at,
					(select max(seq) from observatory.events) as seen`)
			const events = await db.execute<Word>(sql`
				select seq, type, created_at from observatory.events
				where seq > ${eventsSeen - OVERLAP} and type in ('emergency_stop', 'emergency_stop_released') order by seq`)
			return [rows.rows[0], events.rows] as const
		})
		for (const word of words) {
			const at = new Date(word.created_at).getTime()
			if (word.type === "emergency_stop") lastStop = Math.max(lastStop ?? 0, at)
			else lastRelease = Math.max(lastRelease ?? 0, at)
		}
		eventsSeen = Math.max(eventsSeen, Number(state?.seen ?? 0))
		const rowStop = state?.stopped_at ? new Date(state.stopped_at).getTime() : 0
		const stoppedAt = Math.max(rowStop, lastStop ?? 0)
		return decideStanding(asker, {
			own: state?.own ?? undefined,
			anyPaused: state?.any_paused ?? false,
			control: said,
			stoppedAt: stoppedAt === 0 ? undefined : stoppedAt,
			releasedAt: lastRelease,
		})
	}

	return {
		standing,
		async pass(asker) {
			for (;;) {
				const now = await standing(asker)
				if (now !== "wait") return now
				await pace.wait(POLL_MS)
			}
		},
	}
}
