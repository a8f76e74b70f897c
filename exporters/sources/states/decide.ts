import type { SessionState } from "../../../core/catalogue/subjects/session-states.ts"
import type { Call, Memory } from "./memory.ts"
import { failingSince, loopingSince } from "./repetition.ts"

export interface Decision {
	/** `idle`: no turn is open. */
	readonly state: SessionState | "idle"
	/** Milliseconds since the epoch. */
	readonly since: number
}

/** Silence after which an unanswered question or permission prompt counts. */
const WAIT_MS = 60_000
/** Silence after the end of a call's own time limit. */
const OVERDUE_MS = 5 * 60_000
/** Longest silence of a model that thinks: its requests end after ten minutes. */
const THINK_MS = 12 * 60_000
/** Failed requests to the model in succession, and how long they have to continue. */
const API_ERRORS = { count: 5, ms: 60_000 }

/** The state of a session at `now`, and since when it is in it. */
export function decide(memory: Memory, now: number): Decision {
	if (memory.turn === "ended") return { state: "idle", since: memory.turnAt }
	// Some versions do not mark an answer's last part.
	if (memory.last === "text" && now - memory.lastAt > THINK_MS) return { state: "idle", since: memory.lastAt }
	const silent = silentState(memory, now - memory.lastAt)
	if (silent) return { state: silent, since: memory.lastAt }
	const failing = failingSince(memory.calls) ?? apiFailingSince(memory)
	if (failing !== undefined) return { state: "failing", since: failing }
	const looping = loopingSince(memory.calls)
	if (looping !== undefined) return { state: "looping", since: looping }
	return { state: "working", since: memory.turnAt }
}

/** What silence means: a call that may wait for permission, one that runs for too long, or a model that does not answer. */
function silentState(memory: Memory, silence: number): "waiting" | "hung" | undefined {
	const open = memory.calls.filter((call) => call.endedAt === undefined)
	if (open.length === 0) {
		const unexplained = memory.last === "answered" && memory.ends && memory.asks
		if (unexplained && silence > WAIT_MS) return "waiting"
		return silence > THINK_MS ? "hung" : undefined
	}
	if (open.some(({ question }) => question)) return silence > WAIT_MS ? "waiting" : undefined
	const allowed = allowedMs(open)
	const undecided = memory.asks && open.some(({ decided }) => !decided)
	// Where decisions are reported, a call without one does not run.
	if (undecided && silence > WAIT_MS + (memory.decides ? 0 : allowed)) return "waiting"
	return silence > allowed + OVERDUE_MS ? "hung" : undefined
}

/** Calls of one answer may run one after another. */
const allowedMs = (open: readonly Call[]): number => open.reduce((sum, call) => sum + call.allowedMs, 0)

function apiFailingSince({ apiErrors, apiErrorsAt, lastAt }: Memory): number | undefined {
	return apiErrors >= API_ERRORS.count && lastAt - apiErrorsAt >= API_ERRORS.ms ? apiErrorsAt : undefined
}
