import type { Prometheus } from "../../../core/clients/prometheus.ts"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import type { Point } from "../../domain/anomaly/point.ts"

const HOUR_MS = 3_600_000
const DAYS_MS = 30 * 24 * HOUR_MS
/** The number of cached histories; an incident may name any server or worker. */
const KEPT = 100

/** Hourly finite values of an expression over the 30 days up to `end`, a full hour; at most 721 points. */
export interface History {
	readonly end: number
	readonly points: readonly Point[]
}

/** The full hour before a moment: histories end there, so that each is read once an hour. */
export const hourBefore = (at: number): number => Math.floor(at / HOUR_MS) * HOUR_MS

/** A cache of Prometheus' histories, for one hour. */
export class Histories {
	readonly #prometheus: Pick<Prometheus, "range">
	readonly #kept = new Map<string, History>()

	constructor(prometheus: Pick<Prometheus, "range">) {
		this.#prometheus = prometheus
	}

	/** The latest history, of any hour. */
	latest(expr: string): History | undefined {
		return this.#kept.get(expr)
	}

	/**
	 * The history up to the hour before `at`, from the cache or from Prometheus.
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
