import type { Prometheus } from "../../../core/clients/prometheus.ts"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import type { Point } from "../../domain/anomaly/point.ts"

const HOUR_MS = 3_600_000
const DAYS_MS = 30 * 24 * HOUR_MS
/** Expressions whose history is kept; an incident may name any server or worker. */
const KEPT = 100

/** Hourly finite values of an expression over the 30 days up to `end`, a full hour; 721 points at most. */
export interface History {
	readonly end: number
	readonly points: readonly Point[]
}

/** The full hour before a moment: histories end there, so that each is asked for once an hour and not each time. */
export const hourBefore = (at: number): number => Math.floor(at / HOUR_MS) * HOUR_MS

/** What Prometheus remembers, an hour's worth of which is remembered here. */
export class Histories {
	readonly #prometheus: Pick<Prometheus, "range">
	readonly #kept = new Map<string, History>()

	constructor(prometheus: Pick<Prometheus, "range">) {
		this.#prometheus = prometheus
	}

	/** What was last asked for, of whatever hour. */
	latest(expr: string): History | undefined {
		return this.#kept.get(expr)
	}

	/**
	 * The history up to the hour before `at`; asked for unless it is at hand.
	 *
	 * @throws ObservatoryError
	 */
	async before(expr: string, at: number, signal?: AbortSignal): Promise<History> {
		const end = hourBefore(at)
		const kept = this.#kept.get(expr)
		if (kept?.end === end) return kept
		const range = { from: end - DAYS_MS, to: end, step: HOUR_MS, ...(signal ? { signal } : {}) }
		const [element, another] = await this.#prometheus.range(expr, range)
		if (another) throw new ObservatoryError("source_malformed", `Prometheus has several elements for ${expr}`)
		const history = { end, points: (element?.points ?? []).filter(({ value }) => Number.isFinite(value)) }
		if (kept === undefined || kept.end < end) this.#keep(expr, history)
		return history
	}

	#keep(expr: string, history: History): void {
		this.#kept.delete(expr)
		this.#kept.set(expr, history)
		for (const oldest of this.#kept.keys()) {
			if (this.#kept.size <= KEPT) break
			this.#kept.delete(oldest)
		}
	}
}
