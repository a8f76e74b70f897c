import { z } from "zod"
import type { Clock } from "../../core/lib/clock.ts"
import { messageOf } from "../../core/lib/errors.ts"
import type { Logger } from "../../core/lib/log.ts"
import { withTimeout } from "../../core/lib/timeout.ts"

/** The control state of alert-webhook; `unknown` when its last answer is too old. */
export interface ControlReader {
	read(): Promise<"run" | "pause" | "stop" | "unknown">
}

export interface ControlOptions {
	/** Base URL of alert-webhook. */
	readonly url: string
	readonly clock: Clock
	readonly log: Logger
	readonly signal: AbortSignal
}

const answer = z.object({ state: z.enum(["run", "pause", "stop"]) })

/** An answer is used this long before the next request. */
const FRESH_MS = 1_000
/** The gate's hook trusts its last state as long; after that, no work continues. */
const STALE_MS = 60_000
const TIMEOUT_MS = 3_000

/** Reads `GET /api/control`, as an autonomous system on another host does. */
export function createControlReader({ url, clock, log, signal }: ControlOptions): ControlReader {
	let last: { readonly state: "run" | "pause" | "stop"; readonly at: number } | undefined
	let asking: Promise<void> | undefined
	let unreachable = false
	const ask = async () => {
		try {
			const message = `alert-webhook does not answer within ${TIMEOUT_MS / 1000} s`
			const { state } = await withTimeout({ ms: TIMEOUT_MS, message, signal }, async (timeout) => {
				const response = await fetch(new URL("/api/control", url), { signal: timeout })
				return answer.parse(await response.json())
			})
			last = { state, at: clock.now() }
			if (unreachable) log.info("control state read again")
			unreachable = false
		} catch (error) {
			if (!unreachable && !signal.aborted)
				log.warn({ problem: messageOf(error) }, "cannot read the control state from alert-webhook")
			unreachable = true
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
