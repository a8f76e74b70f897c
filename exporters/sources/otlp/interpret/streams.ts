import { createHash } from "node:crypto"
import type { UnusableReason } from "../../../../core/catalogue/subjects/telemetry.ts"
import type { PointView } from "./model.ts"
import type { Arrival } from "./observation.ts"

/** The amount of a point: its value, or a histogram's observations, their sum, and how they fall into buckets. */
export interface Amount {
	readonly count: number
	readonly sum: number
	/** Always of the same bounds, so that a sender may change its own. */
	readonly buckets: readonly number[]
}

interface Stream extends Amount {
	/** The point's own time. */
	readonly time: number
	/** When it was last seen, by our clock. */
	readonly seenAt: number
}

/** Delta points that are remembered, to know one that is sent again. */
const MOST_DELTAS = 50_000
/** A sender's clock that is behind by more than this, in seconds, is put right; less may be the way of its report. */
const CLOCK_TOLERANCE = 60

/**
 * Remembers streams, to turn totals into increases and to count what is sent twice only once. A cumulative stream is
 * named by its resource, scope, metric, attributes and start: processes that differ in nothing else but their start are
 * streams of their own. Its value only rises, so that no point's time is needed, right or wrong.
 */
export class Streams {
	readonly #streams = new Map<string, Stream>()
	/** By which request each delta point came first. */
	readonly #deltas = new Map<string, number>()
	readonly #max: number
	/**
	 * Seconds since the epoch: what a stream counted before cannot be distinguished from what we have counted, in an earlier
	 * process or before we had to forget it.
	 */
	#since: number

	constructor(max: number, since: number) {
		this.#max = max
		this.#since = since
	}

	/**
	 * By how much the point is more than was seen of its stream; undefined when it brings nothing new: it is seen again, or
	 * it is the first of a stream that is older than our counters. `stale` is a total below one that was seen.
	 */
	increase(point: PointView, amount: Amount, arrival: Arrival): Amount | UnusableReason | undefined {
		if (point.temporality === "delta") return this.#isReplay(point, amount, arrival) ? undefined : amount
		return point.temporality === "cumulative" ? this.#cumulative(point, amount, arrival) : "no_temporality"
	}

	/** Two equal points of one request are two; without a time, a point that is sent again looks like a new one. */
	#isReplay(point: PointView, amount: Amount, { request }: Arrival): boolean {
		if (point.time === 0) return false
		const key = digest([...identityOf(point), point.startTime, point.time, amount])
		const first = this.#deltas.get(key)
		if (first !== undefined) return first !== request
		this.#deltas.set(key, request)
		const oldest = this.#deltas.keys().next().value
		if (this.#deltas.size > MOST_DELTAS && oldest !== undefined) this.#deltas.delete(oldest)
		return false
	}

	#cumulative(point: PointView, amount: Amount, { now }: Arrival): Amount | UnusableReason | undefined {
		const { startTime, time } = point
		const key = digest([...identityOf(point), startTime])
		const before = this.#streams.get(key)
		if (before === undefined) {
			const isNew = beganAt(point, now) >= this.#since
			this.#remember(key, { ...amount, time, seenAt: now })
			return isNew ? amount : undefined
		}
		// Where the sender does not say when it began, a total that goes down is the only sign that it began again.
		if (startTime === 0 && amount.count < before.count && time > before.time) {
			this.#remember(key, { ...amount, time, seenAt: now })
			return amount
		}
		if (amount.count <= before.count) {
			this.#remember(key, { ...before, seenAt: now })
			return amount.count < before.count ? "stale" : undefined
		}
		this.#remember(key, { ...amount, sum: Math.max(amount.sum, before.sum), time, seenAt: now })
		return difference(amount, before)
	}

	/** The least recently seen is forgotten when there are too many; should it come back, it is one that we do not know. */
	#remember(key: string, stream: Stream): void {
		this.#streams.delete(key)
		this.#streams.set(key, stream)
		if (this.#streams.size <= this.#max) return
		const [oldest] = this.#streams
		if (oldest === undefined) return
		this.#streams.delete(oldest[0])
		this.#since = Math.max(this.#since, oldest[1].seenAt)
	}
}

/**
 * When a stream began by our clock, long ago when the sender does not say: a clock that is behind must not make a new
 * stream look old.
 */
function beganAt({ startTime, time }: PointView, now: number): number {
	if (startTime === 0) return Number.NEGATIVE_INFINITY
	const behind = time === 0 ? 0 : now - time
	return behind > CLOCK_TOLERANCE ? startTime + behind : startTime
}

function difference(now: Amount, before: Amount): Amount {
	const count = now.count - before.count
	// With other bounds than before, observations seem to have moved; more than were added are not counted.
	let left = count
	const buckets = now.buckets.map((n, i) => {
		const more = Math.min(left, Math.max(0, n - (before.buckets[i] ?? 0)))
		left -= more
		return more
	})
	return { count, sum: Math.max(0, now.sum - before.sum), buckets }
}

const identityOf = ({ resource, scope, metric, attributes }: PointView): unknown[] => [
	resource,
	scope,
	metric,
	[...attributes].sort(([a], [b]) => (a < b ? -1 : 1)),
]

/** Short, however long a sender's attributes are. */
const digest = (key: unknown): string => createHash("sha1").update(JSON.stringify(key)).digest("base64")
