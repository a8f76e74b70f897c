import { messageOf } from "../../core/lib/errors.ts"
import type { Logger } from "../../core/lib/log.ts"
import type { PartsRun } from "../parts/run.ts"
import { pausedParts } from "./requests.ts"

/** Looks for requests every half second and carries them out, until `signal` aborts. */
export function obeyRequests(run: string, parts: PartsRun, log: Logger, signal: AbortSignal): void {
	let obeyed: ReadonlySet<string> = new Set()
	let busy = false
	const look = async () => {
		if (busy) return
		busy = true
		try {
			const wanted = pausedParts(run)
			for (const name of wanted) if (!obeyed.has(name)) await parts.pause(name)
			for (const name of obeyed) if (!wanted.has(name)) parts.resume(name)
			obeyed = wanted
		} catch (error) {
			log.error({ err: error }, `a request could not be carried out: ${messageOf(error)}`)
		} finally {
			busy = false
		}
	}
	const timer = setInterval(look, 500)
	signal.addEventListener("abort", () => clearInterval(timer))
}
