import type { Clock } from "../../core/lib/clock.ts"
import { messageOf, ObservatoryError } from "../../core/lib/errors.ts"
import { foreignListener } from "../../core/lib/listeners.ts"
import { withTimeout } from "../../core/lib/timeout.ts"
import type { Children, Exit, RunningChild } from "../process/children.ts"
import { lastWords, tailOf } from "../process/log-file.ts"
import { errorLine } from "./error-line.ts"
import { isMissing, type PartState, type PartStatus, type Service } from "./part.ts"
import {
	DEFAULT_POLICY,
	describe,
	initialSupervision,
	type Problem,
	type Supervision,
	type SupervisionEvent,
	supervise,
} from "./supervision.ts"

export interface ServiceContext {
	readonly children: Children
	readonly clock: Clock
	/** Where this service's output goes. */
	readonly logFile: string
	/** Milliseconds between two checks of a service that is ready. */
	readonly probeEveryMs: number
	changed(status: ServiceStatus): void
}

/** The part of a status that supervision decides. */
export type ServiceStatus = Pick<PartStatus, "state" | "detail" | "restarts" | "retryAt" | "lastExit">

/** A service under supervision. */
export interface Supervised {
	/**
	 * Starts it, and keeps it running from then on. Resolves once it is ready at the first try; false when it is missing
	 * or not wanted. Rejects when the first try fails, after which it is retried unless it is essential.
	 */
	start(): Promise<boolean>
	/** Resolves as soon as it is ready for the first time, at whichever try. */
	readonly ready: Promise<void>
	/** Stops it and keeps it stopped until `repair`. */
	pause(): Promise<void>
	/** Starts it at once when it is paused, missing, failed or backing off, and replaces it when it fails its checks. */
	repair(): void
	stop(): Promise<void>
}

const PROBE_TIMEOUT_MS = 3_000
const START_PROBE_EVERY_MS = 200

/** Keeps one service running: starts it, waits until it answers, checks it, and replaces it when it ends or hangs. */
export function superviseService(service: Service, context: ServiceContext): Supervised {
	const { children, clock, logFile, changed } = context
	const policy = { ...DEFAULT_POLICY, ...service.supervision }
	let state: Supervision = initialSupervision
	let child: RunningChild | undefined
	let wanted = true
	let started = false
	let missing = false
	let loop: Promise<void> = Promise.resolve()
	let wake = new AbortController()
	let becameReady: () => void
	const ready = new Promise<void>((resolve) => {
		becameReady = resolve
	})

	const report = (as: PartState, detail: string) => {
		const { restarts, lastExit } = state
		changed({ state: as, detail, restarts, lastExit, retryAt: as === "backing off" ? state.retryAt : undefined })
	}
	const reportPhase = () => report(state.phase === "condemned" ? "hung" : state.phase, describe(state, clockTime))
	const apply = (event: SupervisionEvent) => {
		const before = state
		state = supervise(state, event, { policy, now: clock.now(), random: Math.random() })
		if (wanted && (state.phase !== before.phase || state.reason !== before.reason)) reportPhase()
	}

	/** One life: from start to exit. Undefined when a program is missing, or when it is not wanted any more. */
	const live = async (onReady: () => void): Promise<Exit | undefined> => {
		const command = await service.prepare((progress) => report("starting", progress))
		missing = isMissing(command)
		if (isMissing(command)) {
			report("missing", `${command.missing} is not installed; get it: ${command.get}`)
			return undefined
		}
		if (!wanted) return undefined
		const { stopSignal, stopWithinMs } = service
		const own = await children.start(service.name, command, { logFile, signal: stopSignal, graceMs: stopWithinMs })
		child = own
		const over = new AbortController()
		void own.exited.then(() => over.abort())
		const condemned = () => state.phase === "condemned"
		apply({ kind: "started", readyWithinMs: service.readyWithinMs })
		while (!over.signal.aborted && !condemned()) {
			// An abort means that it has ended, or that a person wants it checked now.
			const every = state.phase === "starting" ? START_PROBE_EVERY_MS : context.probeEveryMs
			await pause(every, over.signal, wake.signal)
			if (over.signal.aborted || !wanted || condemned()) break
			const problem = await check(over.signal)
			if (over.signal.aborted) break
			apply(problem ? { kind: "failed", problem } : { kind: "passed" })
			if (state.phase === "up") onReady()
		}
		if (!over.signal.aborted) await own.stop(stopSignal, stopWithinMs)
		const exit = await own.exited
		child = undefined
		return exit
	}

	const check = async (over: AbortSignal): Promise<Problem | undefined> => {
		try {
			const message = `no answer within ${PROBE_TIMEOUT_MS / 1000} s`
			const other = await otherProgram(service, child?.pid)
			if (other !== undefined) throw new ObservatoryError("port_taken", other)
			await withTimeout({ ms: PROBE_TIMEOUT_MS, message, signal: over }, (given) => service.probe(given))
			if (state.phase === "starting") await service.afterReady?.()
			return undefined
		} catch (error) {
			const answered = error instanceof ObservatoryError && error.code === "unavailable"
			return { answered, reason: messageOf(error) }
		}
	}

	/** Life after life, while it is wanted. */
	const keepAlive = async (onReady: () => void, onFailure: (error: unknown) => void): Promise<void> => {
		while (wanted) {
			let failure: unknown
			let how = "could not start"
			let words: string
			try {
				const exit = await live(onReady)
				if (exit === undefined || !wanted) return
				how = exitText(exit)
				words = (await otherProgram(service)) ?? lastWordsOf(exit, logFile)
				const reason = state.phase === "condemned" ? `${state.reason}; ${how}` : how
				failure = new ObservatoryError("unavailable", `${service.title} ${reason}${words === "" ? "" : `: ${words}`}`, {
					advice: `Its output is in ${logFile}.`,
				})
			} catch (error) {
				if (!wanted) return
				failure = error
				words = errorLine(error)
			}
			onFailure(failure)
			if (!wanted) return
			apply({ kind: "ended", how, words })
			while (wanted && (state.retryAt ?? 0) > clock.now()) await pause((state.retryAt ?? 0) - clock.now(), wake.signal)
			if (wanted) report("starting", describe({ ...state, phase: "starting", reason: "" }, clockTime))
		}
	}

	const run = (onReady: () => void, onFailure: (error: unknown) => void) => {
		loop = keepAlive(() => {
			becameReady()
			onReady()
		}, onFailure)
		return loop
	}

	const halt = async () => {
		wanted = false
		wake.abort()
		await child?.stop(service.stopSignal, service.stopWithinMs)
		await loop
	}

	return {
		ready,
		start() {
			started = true
			if (!wanted) return Promise.resolve(false)
			report("starting", "")
			return new Promise<boolean>((resolve, reject) => {
				let wasReady = false
				const onReady = () => {
					wasReady = true
					resolve(true)
				}
				const onFailure = (error: unknown) => {
					// The first start of an essential part has one try: its error is the answer.
					if (!wasReady && service.essential) {
						wanted = false
						report("failed", errorLine(error))
					}
					reject(error)
				}
				void run(onReady, onFailure).then(() => resolve(false))
			})
		},
		async pause() {
			report("stopping", "")
			await halt()
			report("paused", `stopped on request; npm start -- repair ${service.name} starts it again`)
		},
		repair() {
			if (!wanted || missing) {
				wanted = true
				missing = false
				wake = new AbortController()
				state = { ...initialSupervision, restarts: state.restarts, lastExit: state.lastExit }
				report(started ? "starting" : "waiting", "")
				if (started)
					void run(
						() => undefined,
						() => undefined,
					)
				return
			}
			if (state.phase === "degraded") apply({ kind: "condemned", reason: `${state.reason}; restarted on request` })
			else if (state.phase === "up") apply({ kind: "condemned", reason: "restarted on request" })
			else apply({ kind: "repair" })
			const woken = wake
			wake = new AbortController()
			woken.abort()
		},
		async stop() {
			report("stopping", "")
			await halt()
			report("stopped", "")
		},
	}
}

/** What is said of another program that listens on a service's port; undefined when there is none. */
async function otherProgram({ ports }: Service, pid?: number): Promise<string | undefined> {
	for (const port of ports) {
		const found = await foreignListener(port, pid)
		if (found !== undefined) return `another program answers on port ${port}: ${found}`
	}
	return undefined
}

/** Ends early when one of `signals` aborts. It leaves no listener behind on a signal that lives for weeks. */
function pause(ms: number, ...signals: readonly AbortSignal[]): Promise<void> {
	return new Promise((resolve) => {
		const end = () => {
			clearTimeout(timer)
			for (const signal of signals) signal.removeEventListener("abort", end)
			resolve()
		}
		const timer = setTimeout(end, ms)
		for (const signal of signals) signal.addEventListener("abort", end, { once: true })
		if (signals.some(({ aborted }) => aborted)) end()
	})
}

const clockTime = (at: number) => new Date(at).toTimeString().slice(0, 8)

const exitText = ({ code, signal }: Exit) => (signal === null ? `ended with exit code ${code}` : `ended by ${signal}`)

/** A process that was killed has had no time to say why, so its last line is about something else. */
const lastWordsOf = ({ signal }: Exit, logFile: string) => (signal === null ? lastWords(tailOf(logFile, 10)) : "")
