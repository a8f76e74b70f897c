import { join } from "node:path"
import type { Clock } from "../../core/lib/clock.ts"
import { ObservatoryError } from "../../core/lib/errors.ts"
import type { Children } from "../process/children.ts"
import { errorLine } from "./error-line.ts"
import { type Part, type PartState, type PartStatus, predecessors, type Step } from "./part.ts"
import { type ServiceStatus, type Supervised, superviseService } from "./service.ts"

export interface RunOptions {
	readonly children: Children
	readonly clock: Clock
	/** Folder of the parts' logs. */
	readonly logs: string
	/** Milliseconds between two looks at a part that is up. */
	readonly probeEveryMs: number
	/** Called after every change, with every part's status in the given order. */
	changed(statuses: readonly PartStatus[], changed: PartStatus): void
}

/** All parts of a run. */
export interface PartsRun {
	/**
	 * Starts everything, each part as soon as those it needs are ready. Resolves when every part had its first try, or
	 * waits for one that failed its own; rejects as soon as an essential one fails.
	 */
	start(): Promise<void>
	/** Stops everything, each part once those that need it have stopped. */
	stop(): Promise<void>
	statuses(): readonly PartStatus[]
	/** @throws ObservatoryError `not_found` for a name that is no service's */
	pause(name: string): Promise<void>
	/** Starts a service at once that is paused, missing, failed or backing off; replaces one that fails its checks. */
	repair(name: string): void
}

/** How far a part is: `first` says whether its first try succeeded, `ready` resolves at whichever try does. */
interface Progress {
	readonly first: Promise<boolean>
	readonly ready: Promise<void>
}

/** Runs parts in the order of their needs. */
export function runParts(parts: readonly Part[], options: RunOptions): PartsRun {
	const { children, clock, logs, changed } = options
	const table = new Map<string, PartStatus>()
	const supervised = new Map<string, Supervised>()
	const progress = new Map<string, Progress>()
	const stopping = new AbortController()
	const set = (part: Part, now: ServiceStatus) => {
		const before = table.get(part.name)
		const since = before?.state === now.state ? before.since : clock.now()
		const status = { part, since, ...now }
		table.set(part.name, status)
		changed([...table.values()], status)
	}
	const say = (part: Part, state: PartState, detail: string) => set(part, { state, detail })
	for (const part of parts) table.set(part.name, { part, state: "waiting", detail: "", since: clock.now() })
	for (const part of parts) {
		if (part.kind !== "service") continue
		const logFile = join(logs, `${part.name}.log`)
		const context = { children, clock, logFile, probeEveryMs: options.probeEveryMs }
		supervised.set(part.name, superviseService(part, { ...context, changed: (status) => set(part, status) }))
	}

	const runStep = async (step: Step): Promise<boolean> => {
		say(step, "starting", "")
		const done = await step.run((text) => say(step, "starting", text), stopping.signal)
		say(step, "done", done ?? "")
		return true
	}

	/** The first try of a part whose needs are ready. */
	const begin = async (part: Part): Promise<boolean> => {
		if (stopping.signal.aborted) return false
		try {
			return part.kind === "step" ? await runStep(part) : ((await supervised.get(part.name)?.start()) ?? false)
		} catch (error) {
			if (stopping.signal.aborted) return false
			if (part.kind === "step") say(part, "failed", errorLine(error))
			if (part.essential) throw error
			return false
		}
	}

	const bringUp = (part: Part): Progress => {
		const needs = part.needs.flatMap((need) => progress.get(need) ?? [])
		let markReady: () => void = () => undefined
		const ready = new Promise<void>((resolve) => {
			markReady = resolve
		})
		void supervised.get(part.name)?.ready.then(markReady)
		const beginNow = async () => {
			const isReady = await begin(part)
			if (isReady) markReady()
			return isReady
		}
		const firstTry = async (): Promise<boolean> => {
			for (const other of part.after ?? []) await progress.get(other)?.first
			const firstTries = await Promise.all(needs.map((need) => need.first))
			const failed = table.get(part.needs[firstTries.indexOf(false)] ?? "")?.part
			if (failed === undefined) return beginNow()
			if (failed.kind === "step") {
				say(part, "failed", `needs ${failed.title}, which failed`)
				return false
			}
			if (table.get(part.name)?.state === "waiting") say(part, "blocked", `starts as soon as ${failed.title} is ready`)
			// Its state says why, should it fail then.
			void Promise.all(needs.map((need) => need.ready))
				.then(beginNow)
				.catch(() => undefined)
			return false
		}
		const first = firstTry()
		// A rejection is start()'s to report.
		first.catch(() => undefined)
		return { first, ready }
	}

	return {
		async start() {
			for (const part of inOrder(parts)) progress.set(part.name, bringUp(part))
			await Promise.all([...progress.values()].map(({ first }) => first))
		},
		async stop() {
			stopping.abort()
			const stopped = new Map<string, Promise<void>>()
			for (const part of inOrder(parts).reverse()) {
				const after = parts
					.filter((other) => predecessors(other).includes(part.name))
					.map((other) => stopped.get(other.name))
				stopped.set(
					part.name,
					Promise.all(after).then(() =>
						isNotStarted(table.get(part.name)) ? undefined : supervised.get(part.name)?.stop(),
					),
				)
			}
			await Promise.all(stopped.values())
		},
		statuses: () => [...table.values()],
		pause: (name) => named(supervised, name).pause(),
		repair: (name) => named(supervised, name).repair(),
	}
}

const isNotStarted = (status: PartStatus | undefined) =>
	status === undefined || ["missing", "waiting", "blocked"].includes(status.state)

function named(supervised: ReadonlyMap<string, Supervised>, name: string): Supervised {
	const found = supervised.get(name)
	if (found !== undefined) return found
	throw new ObservatoryError("not_found", `There is no part "${name}"`, {
		advice: `The parts are ${[...supervised.keys()].join(", ")}.`,
	})
}

/** Every part after those it needs, otherwise as given. */
export function inOrder(parts: readonly Part[]): Part[] {
	const ordered: Part[] = []
	const left = new Set(parts)
	while (left.size > 0) {
		const next = [...left].find((part) => predecessors(part).every((need) => ordered.some(({ name }) => name === need)))
		if (next === undefined)
			throw new ObservatoryError(
				"internal",
				`These parts wait for each other: ${[...left].map((p) => p.name).join(", ")}`,
			)
		ordered.push(next)
		left.delete(next)
	}
	return ordered
}
