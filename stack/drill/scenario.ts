import type { EVERYTHING } from "./assess/schedule.ts"
import type { World } from "./world/world.ts"

export type { World }

/** A part of a stack that a drill breaks, or that has to work while it runs. */
export type Part =
	| "alertmanager"
	| "database"
	| "exporters"
	| "github"
	| "mcp"
	| "prometheus"
	| "receiver"
	| "reviews"
	| "rollbacks"
	| "safety"
	| "sessions"
	| "spend"
	| "telemetry"
	| "transcripts"
	| "webhook"
	| "worker"

/** An alert that has to notify people. */
export interface Expected {
	readonly alert: string
	readonly severity?: "critical" | "warning"
	readonly labels?: Readonly<Record<string, string>>
	/** The state in which its remediation has to end. */
	readonly remediation?: "succeeded" | "shadowed"
	/** Its condition looks back further than a drill lasts: its end is not awaited. */
	readonly lasts?: boolean
	/** The worst case to its notification, where `prometheus/alerts.yaml` does not say it. */
	readonly promisedMs?: number
}

interface Common {
	readonly name: string
	/** One sentence for the report. */
	readonly about: string
	readonly breaks: readonly (Part | typeof EVERYTHING)[]
	readonly uses: readonly Part[]
	/** Other alerts that may follow from it; any further one fails the drill. */
	readonly alongside?: readonly string[]
	/** Further checks at its end: what is wrong, one sentence each. */
	check?(world: World): Promise<readonly string[]>
}

/** Something breaks, people are notified in time, it is repaired, and the incident ends. */
export interface Fault extends Common {
	readonly kind: "fault"
	readonly expects: readonly Expected[]
	/**
	 * Breaks it; what it gives to `onRepair` undoes it later. Returns the time at which the source could show it, where that
	 * is later than the call.
	 */
	inject(world: World, onRepair: (undo: () => unknown) => void): Promise<Date | undefined>
	/** Repairs it as well. Without this and `onRepair` a remediation has to, or time. */
	repair?(world: World): Promise<void>
	/** Called at the end in any case, to leave nothing broken. */
	restore?(world: World): Promise<void>
}

/** Something harmless happens, and no one is paged. */
export interface Quiet extends Common {
	readonly kind: "quiet"
	/** Lets it happen, from the beginning to the end. */
	run(world: World): Promise<void>
	/** How long afterwards an alert could still come of it, in milliseconds. */
	readonly watchMs: number
}

export type Scenario = Fault | Quiet

/** A fault, with the parts that every drill of one part needs. */
export const fault = (scenario: Omit<Fault, "kind">): Fault => ({ kind: "fault", ...scenario })
export const quiet = (scenario: Omit<Quiet, "kind">): Quiet => ({ kind: "quiet", ...scenario })
