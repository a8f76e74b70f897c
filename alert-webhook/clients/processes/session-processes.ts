import { setTimeout as sleep } from "node:timers/promises"
import {
	type HostProcess,
	isSame,
	programOf,
	type SessionPrograms,
	sessionTrees,
} from "../../domain/session-processes.ts"
import { readProcess, readProcesses } from "./proc.ts"

export const STOP_SIGNALS = ["SIGINT", "SIGTERM", "SIGKILL"] as const
export type StopSignal = (typeof STOP_SIGNALS)[number]

/** How long each signal may take; three of them are shorter than the wait for a lock of the control state. */
const STEP_MS = 1_000
const LOOK_MS = 50
/** Rounds without a database to record them in. */
const MOST_UNRECORDED = 1_000

export interface EndedProcesses {
	/** How many processes got each signal. */
	readonly signals: Readonly<Record<StopSignal, number>>
	/** The sessions that have ended. */
	readonly sessions: readonly { readonly pid: number; readonly program: string }[]
	/** How many of what they had started have ended. */
	readonly started: number
	/** What does not end, with the reason. */
	readonly problems: readonly string[]
}

export interface SessionProcesses {
	/**
	 * Ends the sessions of this host that run now, with what they have started: asks them, then terminates, then kills.
	 * Two calls at once share one round. @throws Error when the processes cannot be listed
	 */
	end(): Promise<EndedProcesses>
	/** The number of rounds that have sent a signal and are not recorded. */
	readonly unrecorded: number
	/** Hands these rounds over to be recorded, each once. */
	take(): readonly EndedProcesses[]
	putBack(rounds: readonly EndedProcesses[]): void
}

export function createSessionProcesses(wanted: SessionPrograms): SessionProcesses {
	let round: Promise<EndedProcesses> | undefined
	let unrecorded: readonly EndedProcesses[] = []
	const put = (rounds: readonly EndedProcesses[]) => {
		unrecorded = [...rounds, ...unrecorded].slice(0, MOST_UNRECORDED)
	}
	const endOnce = async () => {
		const ended = await endAll(wanted)
		if (STOP_SIGNALS.some((signal) => ended.signals[signal] > 0)) put([ended])
		return ended
	}
	return {
		end: () => {
			round ??= endOnce().finally(() => {
				round = undefined
			})
			return round
		},
		get unrecorded() {
			return unrecorded.length
		},
		take() {
			const taken = unrecorded
			unrecorded = []
			return taken
		},
		putBack: put,
	}
}

async function endAll(wanted: SessionPrograms): Promise<EndedProcesses> {
	const signals = { SIGINT: 0, SIGTERM: 0, SIGKILL: 0 }
	const sessions = new Known()
	const started = new Known()
	const refused = new Map<number, string>()
	let foreign: readonly HostProcess[] = []
	for (const signal of STOP_SIGNALS) {
		const trees = sessionTrees(await readProcesses(), wanted, process.pid)
		foreign = trees.foreign
		sessions.add(trees.sessions)
		started.add(trees.started)
		// Asked are sessions only: one that ends its tools itself leaves no half of their work.
		const targets = signal === "SIGINT" ? await sessions.alive() : await both(sessions, started)
		for (const target of targets) {
			const problem = await send(target, signal)
			if (problem === undefined) signals[signal]++
			else refused.set(target.pid, problem)
		}
		const asked = signal === "SIGINT"
		if ((await endWithin(() => (asked ? sessions.alive() : both(sessions, started)), STEP_MS)) && !asked) break
		if (asked && (await both(sessions, started)).length === 0) break
	}
	const [left, rest] = await Promise.all([sessions.alive(), started.alive()])
	const alive = [...left, ...rest]
	return {
		signals,
		sessions: sessions.all
			.filter((one) => !left.includes(one))
			.map((one) => ({ pid: one.pid, program: programOf(one, wanted) ?? one.executable })),
		started: started.all.length - rest.length,
		problems: [
			...alive.map(
				({ pid, executable }) =>
					`Process ${pid} (${executable}) ${refused.get(pid) ?? "is still there after SIGKILL"}.`,
			),
			...foreign.map(
				({ pid, uid, executable }) =>
					`Process ${pid} (${executable}) is a session of the user ${uid}, whose sessions are not ended here. Add the user to processes.uids in BRAKES_CONFIG.`,
			),
		],
	}
}

/** Processes that were seen, each once. */
class Known {
	readonly #seen = new Map<string, HostProcess>()

	get all(): readonly HostProcess[] {
		return [...this.#seen.values()]
	}

	add(processes: readonly HostProcess[]): void {
		for (const one of processes) {
			const key = `${one.pid} ${one.started}`
			if (!this.#seen.has(key)) this.#seen.set(key, one)
		}
	}

	async alive(): Promise<HostProcess[]> {
		const now = await Promise.all(this.all.map(async (one) => ((await isAlive(one)) ? one : undefined)))
		return now.filter((one) => one !== undefined)
	}
}

const both = async (one: Known, other: Known) => [...(await one.alive()), ...(await other.alive())]

async function isAlive(one: HostProcess): Promise<boolean> {
	const now = await readProcess(one.pid)
	return now !== undefined && isSame(now, one)
}

/** Sends a signal unless the process has ended and its pid may be another one's. Returns the problem. */
async function send(target: HostProcess, signal: StopSignal): Promise<string | undefined> {
	if (!(await isAlive(target))) return undefined
	try {
		process.kill(target.pid, signal)
		return undefined
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException
		if (code === "ESRCH") return undefined
		if (code === "EPERM") return `may not be ended by alert-webhook's user (${signal}: EPERM)`
		throw error
	}
}

async function endWithin(alive: () => Promise<readonly HostProcess[]>, ms: number): Promise<boolean> {
	for (const until = performance.now() + ms; ; await sleep(LOOK_MS)) {
		if ((await alive()).length === 0) return true
		if (performance.now() > until) return false
	}
}
