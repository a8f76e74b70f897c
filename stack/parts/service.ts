import { setTimeout as sleep } from "node:timers/promises"
import type { Clock } from "../../core/lib/clock.ts"
import { formatDuration } from "../../core/lib/config.ts"
import { messageOf, ObservatoryError } from "../../core/lib/errors.ts"
import { withTimeout } from "../../core/lib/timeout.ts"
import type { Children, Exit, RunningChild } from "../process/children.ts"
import { lastWords, tailOf } from "../process/log-file.ts"
import { restartDelay } from "../process/restart-policy.ts"
import { isMissing, type PartState, type Service } from "./part.ts"
import { reasonOf } from "./reason.ts"

export interface ServiceContext {
	readonly children: Children
	readonly clock: Clock
	/** Where this part's output goes. */
	readonly logFile: string
	/** Milliseconds between two looks at a part that is up. */
	readonly probeEveryMs: number
	changed(state: PartState, detail: string): void
}

/** A service under supervision. */
export interface Supervised {
	/** Resolves once it is ready for the first time, false if it is missing; rejects when it does not get there. */
	start(): Promise<boolean>
	/** Stops it and keeps it stopped until `resume`. */
	pause(): Promise<void>
	resume(): void
	stop(): Promise<void>
}

const PROBE_TIMEOUT_MS = 3_000
const PROBES_UNTIL_DEGRADED = 2

/** Keeps one service running: starts it, waits until it answers, watches it, and starts it again when it ends. */
export function superviseService(service: Service, context: ServiceContext): Supervised {
	const { children, clock, logFile, changed } = context
	const ends: number[] = []
	let child: RunningChild | undefined
	let wanted = true
	let loop: Promise<void> = Promise.resolve()
	let wake = new AbortController()

	/** One life: from start to exit. Reports through `onReady`; undefined when a program is missing. */
	const live = async (onReady: () => void): Promise<Exit | undefined> => {
		const command = await service.prepare((progress) => changed("starting", progress))
		if (isMissing(command)) {
			changed("missing", `${command.missing} is not installed; get it: ${command.get}`)
			return undefined
		}
		if (!wanted) return undefined
		const { stopSignal, stopWithinMs } = service
		const own = await children.start(service.name, command, { logFile, signal: stopSignal, graceMs: stopWithinMs })
		child = own
		const over = new AbortController()
		void own.exited.then(() => over.abort())
		try {
			await becomeReady(over.signal)
			onReady()
			await watch(over.signal)
		} catch (error) {
			if (!over.signal.aborted) {
				await own.stop(stopSignal, stopWithinMs)
				throw error
			}
		}
		const exit = await own.exited
		child = undefined
		return exit
	}

	const becomeReady = async (over: AbortSignal): Promise<void> => {
		const deadline = clock.now() + service.readyWithinMs
		for (;;) {
			try {
				await probe(over)
				await service.afterReady?.()
				return
			} catch (error) {
				over.throwIfAborted()
				if (clock.now() > deadline)
					throw new ObservatoryError(
						"timeout",
						`${service.title} did not get ready within ${formatDuration(service.readyWithinMs)}: ${messageOf(error)}`,
						{ advice: `Its output is in ${logFile}.`, cause: error },
					)
				await sleep(200, undefined, { signal: over })
			}
		}
	}

	const watch = async (over: AbortSignal): Promise<void> => {
		let failures = 0
		while (!over.aborted) {
			await sleep(context.probeEveryMs, undefined, { signal: over })
			try {
				await probe(over)
				if (failures >= PROBES_UNTIL_DEGRADED) changed("up", "")
				failures = 0
			} catch (error) {
				over.throwIfAborted()
				failures += 1
				if (failures >= PROBES_UNTIL_DEGRADED) changed("degraded", messageOf(error))
			}
		}
	}

	const probe = (signal: AbortSignal) => {
		const message = `no answer within ${PROBE_TIMEOUT_MS / 1000} s`
		return withTimeout({ ms: PROBE_TIMEOUT_MS, message, signal }, (given) => service.probe(given))
	}

	/** Life after life, until it is not wanted any more or there is no use. */
	const keepAlive = async (onReady: () => void, onFailure: (error: unknown) => void): Promise<void> => {
		while (wanted) {
			try {
				const exit = await live(() => {
					changed("up", "")
					onReady()
				})
				if (exit === undefined || !wanted) return
				throw endedError(service, exit, logFile)
			} catch (error) {
				if (!wanted) return
				ends.push(clock.now())
				const delay = restartDelay(ends)
				onFailure(error)
				if (!wanted) return
				if (delay === undefined) {
					changed("failed", `${messageOf(error)}; its output is in ${logFile}`)
					return
				}
				changed("restarting", `${messageOf(error)}; again in ${formatDuration(delay)}`)
				// An abort here means that somebody does not want to wait: the loop looks again at what is wanted.
				await sleep(delay, undefined, { signal: wake.signal }).catch(() => undefined)
				if (wanted) changed("starting", "")
			}
		}
	}

	const halt = async () => {
		wanted = false
		wake.abort()
		await child?.stop(service.stopSignal, service.stopWithinMs)
		await loop
	}

	return {
		start() {
			changed("starting", "")
			return new Promise<boolean>((resolve, reject) => {
				let ready = false
				const onReady = () => {
					ready = true
					resolve(true)
				}
				const onFailure = (error: unknown) => {
					// The first start of an essential part has one try: its error is the answer.
					if (!ready && service.essential) {
						wanted = false
						changed("failed", reasonOf(error))
					}
					reject(error)
				}
				loop = keepAlive(onReady, onFailure).then(() => resolve(false))
			})
		},
		async pause() {
			changed("stopping", "")
			await halt()
			changed("paused", `stopped on request; npm start -- repair ${service.name} starts it again`)
		},
		resume() {
			wanted = true
			wake = new AbortController()
			ends.length = 0
			changed("starting", "")
			loop = keepAlive(
				() => undefined,
				() => undefined,
			)
		},
		async stop() {
			changed("stopping", "")
			await halt()
			changed("stopped", "")
		},
	}
}

function endedError(service: Service, { code, signal }: Exit, logFile: string): ObservatoryError {
	// What is killed has had no time to say why, so its last line is about something else.
	const how = signal === null ? `with exit code ${code}` : `by ${signal}`
	const last = signal === null ? lastWords(tailOf(logFile, 5)) : ""
	return new ObservatoryError("unavailable", `${service.title} ended ${how}${last === "" ? "" : `: ${last}`}`, {
		advice: `Its output is in ${logFile}.`,
	})
}
