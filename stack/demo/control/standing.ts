/** What a session may do right now: work, wait until it is told otherwise, or end at once. */
export type Standing = "go" | "wait" | "stop"

export interface ControlState {
	/** State of the asking session's row; undefined when a session is about to start. */
	readonly own: string | undefined
	/** True while some session of the demo is paused. */
	readonly anyPaused: boolean
	/** When an emergency stop was last declared and last released by a person; milliseconds since the epoch. */
	readonly stoppedAt: number | undefined
	readonly releasedAt: number | undefined
}

/**
 * A pause holds the paused session and every new one. An emergency stop ends sessions for good, also one whose row it
 * has missed, and lets none begin until somebody releases it.
 */
export function decideStanding({ own, anyPaused, stoppedAt, releasedAt }: ControlState): Standing {
	const emergency = stoppedAt !== undefined && (releasedAt === undefined || releasedAt <= stoppedAt)
	if (own === undefined) return emergency || anyPaused ? "wait" : "go"
	if (emergency || (own !== "initializing" && own !== "running" && own !== "paused")) return "stop"
	return own === "paused" ? "wait" : "go"
}
