import { requireAmounts } from "./amount.ts"
import type { PointView } from "./model.ts"

interface Stream {
	readonly startTime: number
	readonly time: number
	readonly values: readonly number[]
}

/**
 * Remembers cumulative streams, to turn their totals into increases. The least recently seen is forgotten when there
 * are too many; should it come back, it begins anew from its then total.
 */
export class Streams {
	readonly #streams = new Map<string, Stream>()
	readonly #max: number
	/** Seconds since the epoch: what a stream counted before was counted before our own counters began. */
	readonly #since: number

	constructor(max: number, since: number) {
		this.#max = max
		this.#since = since
	}

	/**
	 * What `values` have grown by. A delta point's values are the increase. Undefined when that cannot be known: the
	 * stream began before we did and is seen for the first time, the point is older than the latest one, or has no
	 * temporality.
	 *
	 * @throws RangeError when a value is none that a counter can have; the stream stays as it was
	 */
	increase(point: PointView, values: readonly number[]): readonly number[] | undefined {
		requireAmounts(values)
		if (point.temporality === "delta") return values
		if (point.temporality !== "cumulative") return undefined
		const key = keyOf(point)
		const before = this.#streams.get(key)
		if (before && point.startTime === before.startTime && point.time <= before.time) return undefined
		if (before && point.startTime < before.startTime) return undefined
		this.#remember(key, { startTime: point.startTime, time: point.time, values })
		if (before === undefined) return point.startTime > 0 && point.startTime >= this.#since ? values : undefined
		const restarted = point.startTime > before.startTime || values.some((value, i) => value < (before.values[i] ?? 0))
		return restarted ? values : values.map((value, i) => value - (before.values[i] ?? 0))
	}

	#remember(key: string, stream: Stream): void {
		this.#streams.delete(key)
		this.#streams.set(key, stream)
		const oldest = this.#streams.keys().next().value
		if (this.#streams.size > this.#max && oldest !== undefined) this.#streams.delete(oldest)
	}
}

function keyOf({ resource, scope, metric, attributes }: PointView): string {
	const sorted = [...attributes].sort(([a], [b]) => (a < b ? -1 : 1))
	return JSON.stringify([resource, scope, metric, sorted])
}
