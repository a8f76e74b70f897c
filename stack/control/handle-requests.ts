import { messageOf } from "../../core/lib/errors.ts"
import type { Logger } from "../../core/lib/log.ts"
import { PeriodicTask } from "../../core/lib/periodic.ts"
import type { PartsRun } from "../parts/run.ts"
import { pausedParts, takeRepairs } from "./requests.ts"

/** Looks for requests every half second and carries them out, until `signal` aborts. */
export function handleRequests(run: string, parts: PartsRun, log: Logger, signal: AbortSignal): void {
	const paused = new Set<string>()
	const look = async () => {
		const wanted = pausedParts(run)
		for (const name of wanted) {
			if (paused.has(name)) continue
			paused.add(name)
			await attempt(name, () => parts.pause(name))
		}
		for (const name of paused) {
			if (wanted.has(name)) continue
			paused.delete(name)
			await attempt(name, () => parts.repair(name))
		}
		for (const name of takeRepairs(run)) await attempt(name, () => parts.repair(name))
	}
	const attempt = async (name: string, work: () => Promise<void> | void) => {
		try {
			await work()
		} catch (error) {
			log.error({ err: error, part: name }, `the request for ${name} failed: ${messageOf(error)}`)
		}
	}
	const task = new PeriodicTask("handle requests", 500, log, look)
	signal.addEventListener("abort", () => void task.close())
}
