import { sql } from "drizzle-orm"
import type { Pace } from "../pace.ts"
import type { Store } from "../store/store.ts"
import type { ControlReader } from "./control.ts"
import { decidePermission, type Permission, type Requester } from "./permission.ts"

/** Asked before each step of work. Without a readable state, no work continues. */
export interface Gate {
	permission(requester: Requester): Promise<Permission>
	/** Resolves once the work may continue ("go") or must end ("stop"). */
	pass(requester: Requester): Promise<"go" | "stop">
}

type StateRow = {
	own: string | null
	any_paused: boolean
	stopped_at: Date | string | null
	seen: string | number | null
}
type EventRow = { seq: string | number; type: string; created_at: Date | string }

/** This many events are read again: one with a lower number may be committed after one with a higher. */
const OVERLAP = 200
const POLL_MS = 1_000

/**
 * A gate that reads alert-webhook's control state if the demo has one, the rows of `observatory.claude_sessions`, and
 * the emergency events.
 */
export function createGate(store: Store, pace: Pace, control: ControlReader | undefined): Gate {
	let eventsSeen = 0
	let lastStop: number | undefined
	let lastRelease: number | undefined

	const permission = async (requester: Requester): Promise<Permission> => {
		const controlState = await control?.read()
		if (controlState === "unknown") return "wait"
		const id = typeof requester === "string" ? "" : requester.session
		const [state, events] = await store.read(async (db) => {
			const states = await db.execute<StateRow>(sql`
				select
					(select status from observatory.claude_sessions where id = ${id}) as own,
					exists (select from observatory.claude_sessions where source = 'demo' and status = 'paused') as any_paused,
					(select max(updated_at) from observatory.claude_sessions
						where source = 'demo' and status = 'emergency_stopped' and started_at > now() - interval '7 days') as stopped_at,
					(select max(seq) from observatory.events) as seen`)
			const emergencies = await db.execute<EventRow>(sql`
				select seq, type, created_at from observatory.events
				where seq > ${eventsSeen - OVERLAP} and type in ('emergency_stop', 'emergency_stop_released') order by seq`)
			return [states.rows[0], emergencies.rows] as const
		})
		for (const event of events) {
			const at = new Date(event.created_at).getTime()
			if (event.type === "emergency_stop") lastStop = Math.max(lastStop ?? 0, at)
			else lastRelease = Math.max(lastRelease ?? 0, at)
		}
		eventsSeen = Math.max(eventsSeen, Number(state?.seen ?? 0))
		const rowStop = state?.stopped_at ? new Date(state.stopped_at).getTime() : 0
		const stoppedAt = Math.max(rowStop, lastStop ?? 0)
		return decidePermission(requester, {
			own: state?.own ?? undefined,
			anyPaused: state?.any_paused ?? false,
			control: controlState,
			stoppedAt: stoppedAt === 0 ? undefined : stoppedAt,
			releasedAt: lastRelease,
		})
	}

	return {
		permission,
		async pass(requester) {
			for (;;) {
				const now = await permission(requester)
				if (now !== "wait") return now
				await pace.wait(POLL_MS)
			}
		},
	}
}
