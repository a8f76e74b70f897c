import { SESSION_STATES, type SessionState } from "../../../core/catalogue/subjects/session-states.ts"
import { decide } from "./decide.ts"
import type { OnSessionEvent } from "./event.ts"
import { type Memory, newMemory, remember } from "./memory.ts"

/** Sessions that are remembered. */
const MOST_SESSIONS = 2_000
/** A session that is silent for longer is forgotten: its process has most likely ended. */
export const FORGET_MS = 24 * 3_600_000

export interface StateTotals {
	readonly sessions: number
	/** Seconds for which the first of them is in the state; 0 when none is. */
	readonly longest: number
}

/** Remembers what sessions did, whichever source shows it, and says what state they are in. */
export class StateTracker {
	readonly #now: () => number
	readonly #max: number
	readonly #sessions = new Map<string, Memory>()
	#fed = false
	/** One session whose source reports the ends of turns shows that the others' sources do. */
	#ends = false

	/**
	 * @param now milliseconds since the epoch
	 * @param max sessions; the one that did nothing for longest is forgotten
	 */
	constructor(now: () => number, max = MOST_SESSIONS) {
		this.#now = now
		this.#max = max
	}

	readonly add: OnSessionEvent = (event) => {
		const now = this.#now()
		this.#fed = true
		if (event.at < now - FORGET_MS) return
		// A clock that is ahead must not make a session look active until the time that it shows.
		const at = Math.min(event.at, now)
		const known = this.#sessions.get(event.session)
		const memory = remember(known ?? { ...newMemory(at), ends: this.#ends }, { ...event, at })
		if (event.kind === "end" && event.reported) this.#ends = true
		this.#sessions.delete(event.session)
		this.#sessions.set(event.session, memory)
		const [oldest] = this.#sessions.keys()
		if (this.#sessions.size > this.#max && oldest !== undefined) this.#sessions.delete(oldest)
	}

	/** Whether there was an event. */
	get fed(): boolean {
		return this.#fed
	}

	/** Sessions in the middle of a turn, by state. */
	totals(): ReadonlyMap<SessionState, StateTotals> {
		const now = this.#now()
		const totals = new Map<SessionState, StateTotals>(
			SESSION_STATES.map((state) => [state, { sessions: 0, longest: 0 }]),
		)
		for (const [session, memory] of this.#sessions) {
			if (memory.lastAt < now - FORGET_MS) this.#sessions.delete(session)
			const { state, since } = decide(memory, now)
			if (state === "idle" || !this.#sessions.has(session)) continue
			const { sessions, longest } = totals.get(state) ?? { sessions: 0, longest: 0 }
			totals.set(state, { sessions: sessions + 1, longest: Math.max(longest, (now - since) / 1000) })
		}
		return totals
	}
}
