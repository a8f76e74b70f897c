import { z } from "zod"
import type { Clock } from "../../core/lib/clock.ts"
import { messageOf } from "../../core/lib/errors.ts"
import type { Logger } from "../../core/lib/log.ts"
import { within } from "../../core/lib/within.ts"

/** What alert-webhook lets autonomous sessions do; `unknown` when it has not said so for too long. */
export interface ControlReader {
	read(): Promise<"run" | "pause" | "stop" | "unknown">
}

export interface ControlOptions {
	/** Where alert-webhook is. */
	readonly url: string
	readonly clock: Clock
	readonly log: Logger
	readonly signal: AbortSignal
}

const answer = z.object({ state: z.enum(["run", "pause", "stop"]) })

/** An answer is good for this long without asking again. */
const FRESH_MS = 1_000
/** As long as the gate's hook relies on what it was told last; after that, nothing goes on. */
const STALE_MS = 60_000
const TIMEOUT_MS = 3_000

/** Asks `GET /api/control`, as an autonomous system on another host does. */
export function createControlReader({ url, clock, log, signal }: ControlOptions): ControlReader {
	let last: { readonly state: "run" | "pause" | "stop"; readonly at: number } | undefined
	let asking: Promise<void> | undefined
	let away = false
	const ask = async () => {
		try {
			const late = `alert-webhook does not answer within ${TIMEOUT_MS / 1000} s`
			const { state } = await within({ ms: TIMEOUT_MS, late, signal }, async (over) => {
				const response = await fetch(new URL("/api/control", url), { signal: over })
				return answer.parse(await response.json())
			})
			last = { state, at: clock.now() }
			if (away) log.info("alert-webhook answers again")
			away = false
		} catch (error) {
			if (!away && !signal.aborted)
				log.warn({ problem: messageOf(error) }, "alert-webhook does not say what is allowed")
			away = true
		} finally {
			asking = undefined
		}
	}
	return {
		async read() {
			if (last === undefined || clock.now() - last.at >= FRESH_MS) {
				asking ??= ask()
				await asking
			}
			return last !== undefined && clock.now() - last.at < STALE_MS ? last.state : "unknown"
		},
	}
}
