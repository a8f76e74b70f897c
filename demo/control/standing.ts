/** What a session may do right now: work, wait until it is told otherwise, or end at once. */
export type Standing = "go" | "wait" | "stop"

/** Who asks: a session that would begin, an evaluation (which has no row to be stopped by), or a session by its id. */
export type Asker = "newcomer" | "evaluation" | { readonly session: string }

export interface ControlState {
	/** State of the asking session's row; undefined when it has none. */
	readonly own: string | undefined
	/** True while some session of the demo is paused. */
	readonly anyPaused: boolean
	/** What alert-webhook lets autonomous sessions do; undefined when the demo runs without one. */
	readonly control: "run" | "pause" | "stop" | undefined
	/** When an emergency stop was last declared and last released by a person; milliseconds since the epoch. */
	readonly stoppedAt: number | undefined
	readonly releasedAt: number | undefined
}

/**
 * A pause holds the paused session, every new one, and evaluations. An emergency stop ends what works for good, also a
 * session whose row it has missed, and lets nothing begin until somebody releases it. Where alert-webhook says which of
 * these holds, its word counts, also for a session that has no row yet or whose row nobody could change.
 */
export function decideStanding(asker: Asker, state: ControlState): Standing {
	const { own, anyPaused, control } = state
	const emergency = control === undefined ? isUnreleased(state) : control === "stop"
	if (asker === "newcomer") return emergency || control === "pause" || anyPaused ? "wait" : "go"
	if (emergency) return "stop"
	if (asker === "evaluation") return control === "pause" || anyPaused ? "wait" : "go"
	if (own === "paused") return "wait"
	if (own !== "initializing" && own !== "running") return "stop"
	return control === "pause" ? "wait" : "go"
}

const isUnreleased = ({ stoppedAt, releasedAt }: ControlState): boolean =>
	stoppedAt !== undefined && (releasedAt === undefined || releasedAt <= stoppedAt)
