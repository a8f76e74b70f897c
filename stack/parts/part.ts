import type { Command } from "../process/children.ts"

/** What the screen says about a part. */
export type PartState =
	| "waiting"
	| "starting"
	| "up"
	| "degraded"
	| "restarting"
	| "failed"
	| "missing"
	| "paused"
	| "stopping"
	| "stopped"
	| "done"

/** A part cannot run because a program is not on this machine. */
export interface Missing {
	readonly missing: string
	/** The command that gets it. */
	readonly get: string
}

interface Common {
	/** A stable word: the log's name, and what `break` and `repair` take. */
	readonly name: string
	readonly title: string
	/** Where a person or a program reaches it. */
	readonly address?: string
	/** Parts that must be ready before this one starts. */
	readonly needs: readonly string[]
	/** Parts that this one waits for, whether they get ready or not. */
	readonly after?: readonly string[]
	/** Without it nothing is worth running: its failure to start ends the whole start. */
	readonly essential?: boolean
	/** Shows demo data; said wherever it is shown. */
	readonly demo?: boolean
}

/** Something that is done once, such as migrations. What it returns is shown behind "done". */
export interface Step extends Common {
	readonly kind: "step"
	run(report: (progress: string) => void, signal: AbortSignal): Promise<string | undefined>
}

/** Something that keeps running. */
export interface Service extends Common {
	readonly kind: "service"
	/** Called before every start. `report` shows progress. */
	prepare(report: (progress: string) => void): Promise<Command | Missing>
	/** One look at whether it works; throws with the reason while it does not. */
	probe(signal: AbortSignal): Promise<void>
	/** What is still to be set up in it once it answers, before others may use it. */
	afterReady?(): Promise<void>
	readonly readyWithinMs: number
	readonly stopSignal: NodeJS.Signals
	readonly stopWithinMs: number
}

export type Part = Step | Service

/** A part's state at one moment. */
export interface PartStatus {
	readonly part: Part
	readonly state: PartState
	/** Why, or how far. */
	readonly detail: string
	/** Milliseconds since the epoch. */
	readonly since: number
}

/** Everything that a part waits for before it starts. */
export const predecessors = ({ needs, after }: Part): readonly string[] => [...needs, ...(after ?? [])]

export const isMissing = (found: Command | Missing): found is Missing => "missing" in found
