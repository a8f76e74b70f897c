import type { Command } from "../process/children.ts"
import type { LastExit, SupervisionPolicy } from "./supervision.ts"

/**
 * What the screen says about a part. A `blocked` one starts as soon as a part that it needs is ready; a `degraded` one
 * fails its checks; a `hung` one has failed too many and is being replaced; one that is `backing off` has ended and
 * starts again.
 */
export const PART_STATES = [
	"waiting",
	"blocked",
	"starting",
	"up",
	"degraded",
	"hung",
	"backing off",
	"failed",
	"missing",
	"paused",
	"stopping",
	"stopped",
	"done",
] as const
export type PartState = (typeof PART_STATES)[number]

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
	/**
	 * One look at whether it works; throws with the reason while it does not. An `unavailable` means that it answers and
	 * says so itself; any other error means that there was no answer.
	 */
	probe(signal: AbortSignal): Promise<void>
	/** Its ports. Another program on one of them is not probed: it would get a password, and be believed. */
	readonly ports: readonly number[]
	/** What is still to be set up in it once it answers, before others may use it. */
	afterReady?(): Promise<void>
	readonly readyWithinMs: number
	readonly stopSignal: NodeJS.Signals
	readonly stopWithinMs: number
	/** Where its supervision differs from that of other services. */
	readonly supervision?: Partial<SupervisionPolicy>
}

export type Part = Step | Service

/** What of a part is shown. */
export interface ShownPart {
	readonly name: string
	readonly title: string
	readonly address?: string | undefined
	readonly demo?: boolean | undefined
}

/** What is shown of a part, at one moment. */
export type ShownStatus = Omit<PartStatus, "part"> & { readonly part: ShownPart }

/** A part's state at one moment. */
export interface PartStatus {
	readonly part: Part
	readonly state: PartState
	/** Why, or how far. */
	readonly detail: string
	/** Milliseconds since the epoch. */
	readonly since: number
	/** How often it has ended and was started again; of services only, like the rest. */
	readonly restarts?: number | undefined
	/** When it starts again, while it is backing off. */
	readonly retryAt?: number | undefined
	readonly lastExit?: LastExit | undefined
}

/** Everything that a part waits for before it starts. */
export const predecessors = ({ needs, after }: Part): readonly string[] => [...needs, ...(after ?? [])]

export const isMissing = (found: Command | Missing): found is Missing => "missing" in found
