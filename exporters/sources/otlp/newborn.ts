import type { SeriesSpec } from "../../../core/catalogue/types.ts"
import { knownLabelSets } from "../../../core/telemetry/fold.ts"
import type { Observation } from "./interpret/observation.ts"

/** Label sets of one series that are followed; a sender that invents more gets no such care. */
const MAX_FOLLOWED = 2_000

type Apply = (observation: Observation) => void

/**
 * Keeps what is added to a label set that has just appeared back until Prometheus has had time to see it at 0, since
 * `increase()` does not see a step from absent to anything. Only for series whose labels are not known beforehand.
 */
export class Newborns {
	readonly #holdMs: number
	readonly #timers = new Set<NodeJS.Timeout>()
	readonly #release = new Set<() => void>()

	/** @param holdMs longer than a scrape interval; 0 keeps nothing back */
	constructor(holdMs: number) {
		this.#holdMs = holdMs
	}

	/** Wraps what applies observations of one series. `born` makes a label set exist at 0. */
	guard(series: SeriesSpec, born: Apply, apply: Apply): Apply {
		if (this.#holdMs === 0 || series.type === "gauge" || knownLabelSets(series) !== undefined) return apply
		/** What is kept back by label values; undefined once they are grown up. */
		const sets = new Map<string, Observation | undefined>()
		return (observation) => {
			const key = Object.values(observation.labels).join("\u0000")
			const held = sets.get(key)
			if (held) {
				sets.set(key, sum(held, asSum(observation)))
				return
			}
			if (sets.has(key) || sets.size >= MAX_FOLLOWED) {
				apply(observation)
				return
			}
			born(observation)
			sets.set(key, asSum(observation))
			this.#later(() => {
				const kept = sets.get(key)
				sets.set(key, undefined)
				if (kept) apply(kept)
			})
		}
	}

	/** Applies all that is kept back, at once. */
	flush(): void {
		for (const timer of this.#timers) clearTimeout(timer)
		for (const release of [...this.#release]) release()
	}

	#later(grown: () => void): void {
		const release = () => {
			this.#timers.delete(timer)
			this.#release.delete(release)
			grown()
		}
		const timer = setTimeout(release, this.#holdMs)
		timer.unref()
		this.#timers.add(timer)
		this.#release.add(release)
	}
}

function sum(a: Observation, b: Observation): Observation {
	if (a.kind === "count" && b.kind === "count") return { ...a, by: a.by + b.by }
	if (a.kind !== "merge" || b.kind !== "merge") return b
	return { ...a, counts: a.counts.map((n, i) => n + (b.counts[i] ?? 0)), sum: a.sum + b.sum }
}

/** A single observation of a histogram as buckets, so that many of them can be added up. */
function asSum(observation: Observation): Observation {
	if (observation.kind !== "observe") return observation
	const { series, labels, value } = observation
	const bounds = series.buckets ?? []
	const found = bounds.findIndex((bound) => value <= bound)
	const bucket = found === -1 ? bounds.length : found
	const counts = [...bounds, Number.POSITIVE_INFINITY].map((_, i) => (i === bucket ? 1 : 0))
	return { kind: "merge", series, labels, counts, sum: value }
}
