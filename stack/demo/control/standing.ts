/** What a session may do right now: work, wait until it is told otherwise, or end at once. */
export type Standing = "go" | "wait" | "stop"

/** Who asks: a session that would begin, an evaluation (which has no row to be stopped by), or a session by its id. */
export type Asker = "newcomer" | "evaluation" | { readonly session: string }

export interface ControlState {
	/** State of the asking session's row; undefined when it has none. */
	readonly own: string | undefined
	/** True while some session of the demo is paused. */
	readonly anyPaused: boolean
	/** When an emergency stop was last declared and last released by a person; milliseconds since the epoch. */
	readonly stoppedAt: number | undefined
	readonly releasedAt: number | undefined
}

/**
 * A pause holds the paused session, every new one, and evaluations. An emergency stop ends what works for good, also a
 * session whose row it has missed, and lets nothing begin until somebody releases it.
 */
export function decideStanding(asker: Asker, { own, anyPaused, stoppedAt, releasedAt }: ControlState): Standing {
	const emergency = stoppedAt !== undefined && (releasedAt === undefined || releasedAt <= stoppedAt)
	if (asker === "newcomer") return emergency || anyPaused ? "wait" : "go"
	if (emergency) return "stop"
	if (asker === "evaluation") return anyPaused ? "wait" : "go"
	if (own === "paused") return "wait"
	return own === "initializing" || own === "running" ? "go" : "stop"
}
