/** What work may do now: continue, wait, or end at once. */
export type Permission = "go" | "wait" | "stop"

/** A session that would start, an evaluation (which has no row of its own), or a running session by its id. */
export type Requester = "new session" | "evaluation" | { readonly session: string }

export interface ControlState {
	/** State of the asking session's row; undefined when it has none. */
	readonly own: string | undefined
	/** True while a session of the demo is paused. */
	readonly anyPaused: boolean
	/** alert-webhook's control state; undefined when the demo runs without alert-webhook. */
	readonly control: "run" | "pause" | "stop" | undefined
	/** Times of the last emergency stop and the last release by a person, in milliseconds since the epoch. */
	readonly stoppedAt: number | undefined
	readonly releasedAt: number | undefined
}

/**
 * A pause blocks the paused session, every new one, and evaluations. An emergency stop ends all running work, also a
 * session whose row was not updated, and blocks new work until a person releases it. alert-webhook's control state, if
 * known, decides before rows and events.
 */
export function decidePermission(requester: Requester, state: ControlState): Permission {
	const { own, anyPaused, control } = state
	const emergency = control === undefined ? isUnreleased(state) : control === "stop"
	if (requester === "new session") return emergency || control === "pause" || anyPaused ? "wait" : "go"
	if (emergency) return "stop"
	if (requester === "evaluation") return control === "pause" || anyPaused ? "wait" : "go"
	if (own === "paused") return "wait"
	if (own !== "initializing" && own !== "running") return "stop"
	return control === "pause" ? "wait" : "go"
}

const isUnreleased = ({ stoppedAt, releasedAt }: ControlState): boolean =>
	stoppedAt !== undefined && (releasedAt === undefined || releasedAt <= stoppedAt)
