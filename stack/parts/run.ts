import { join } from "node:path"
import type { Clock } from "../../core/lib/clock.ts"
import { ObservatoryError } from "../../core/lib/errors.ts"
import type { Children } from "../process/children.ts"
import { type Part, type PartState, type PartStatus, predecessors, type Step } from "./part.ts"
import { reasonOf } from "./reason.ts"
import { type Supervised, superviseService } from "./service.ts"

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
	 * Starts everything, each part as soon as those it needs are ready. Resolves when every part has either got
	 * there or is known not to; rejects as soon as an essential one fails.
	 */
	start(): Promise<void>
	/** Stops everything, each part once those that need it have stopped. */
	stop(): Promise<void>
	statuses(): readonly PartStatus[]
	/** @throws ObservatoryError `not_found` for a name that is no running service's */
	pause(name: string): Promise<void>
	resume(name: string): void
}

/** Runs parts in the order of their needs. */
export function runParts(parts: readonly Part[], options: RunOptions): PartsRun {
	const { children, clock, logs, changed } = options
	const table = new Map<string, PartStatus>()
	const supervised = new Map<string, Supervised>()
	const stopping = new AbortController()
	const set = (part: Part, state: PartState, detail: string) => {
		const status = { part, state, detail, since: clock.now() }
		table.set(part.name, status)
		changed([...table.values()], status)
	}
	for (const part of parts) table.set(part.name, { part, state: "waiting", detail: "", since: clock.now() })
	for (const part of parts) {
		if (part.kind !== "service") continue
		const logFile = join(logs, `${part.name}.log`)
		const context = { children, clock, logFile, probeEveryMs: options.probeEveryMs }
		supervised.set(
			part.name,
			superviseService(part, { ...context, changed: (state, detail) => set(part, state, detail) }),
		)
	}

	const runStep = async (step: Step): Promise<boolean> => {
		set(step, "starting", "")
		const done = await step.run((progress) => set(step, "starting", progress), stopping.signal)
		set(step, "done", done ?? "")
		return true
	}

	/** True once ready; false when it will not be, for a reason that its status tells. */
	const bringUp = async (part: Part, readiness: Map<string, Promise<boolean>>): Promise<boolean> => {
		for (const other of part.after ?? []) await readiness.get(other)
		for (const need of part.needs) {
			if (await readiness.get(need)) continue
			set(part, "failed", `needs ${table.get(need)?.part.title ?? need}, which is not there`)
			return false
		}
		if (stopping.signal.aborted) return false
		try {
			return part.kind === "step" ? await runStep(part) : ((await supervised.get(part.name)?.start()) ?? false)
		} catch (error) {
			if (stopping.signal.aborted) return false
			if (part.kind === "step") set(part, "failed", reasonOf(error))
			if (part.essential) throw error
			return false
		}
	}

	return {
		async start() {
			const readiness = new Map<string, Promise<boolean>>()
			for (const part of inOrder(parts)) readiness.set(part.name, bringUp(part, readiness))
			await Promise.all(readiness.values())
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
					Promise.all(after).then(() => (isOver(table.get(part.name)) ? undefined : supervised.get(part.name)?.stop())),
				)
			}
			await Promise.all(stopped.values())
		},
		statuses: () => [...table.values()],
		pause: (name) => named(supervised, name).pause(),
		resume: (name) => named(supervised, name).resume(),
	}
}

const isOver = (status: PartStatus | undefined) => status?.state === "missing" || status?.state === "waiting"

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
