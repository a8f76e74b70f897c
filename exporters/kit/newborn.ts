import { knownLabelSets } from "../../core/telemetry/fold.ts"
import type { Sample } from "../../core/telemetry/samples.ts"
import { canonicalLabels } from "./tally.ts"

/**
 * Shows a counter whose labels were not known beforehand as 0 for a while before its first value: Prometheus'
 * `increase()` does not see a step from absent to anything. What is there at the first look is shown as it is.
 */
export class Newborns {
	readonly #holdMs: number
	readonly #since = new Map<string, number>()
	#first = true

	/** @param holdMs longer than a scrape interval and a collector's interval together */
	constructor(holdMs: number) {
		this.#holdMs = holdMs
	}

	/** @param now milliseconds, on any clock that does not jump */
	show(samples: readonly Sample[], now: number): Sample[] {
		const shown = samples.map((sample) => {
			if (sample.series.type === "gauge" || knownLabelSets(sample.series) !== undefined) return sample
			const key = `${sample.series.name} ${canonicalLabels(sample.labels)}`
			const since = this.#since.get(key) ?? (this.#first ? Number.NEGATIVE_INFINITY : now)
			this.#since.set(key, since)
			return now - since >= this.#holdMs ? sample : zero(sample)
		})
		this.#first = false
		return shown
	}
}

const zero = (sample: Sample): Sample =>
	"counts" in sample ? { ...sample, counts: sample.counts.map(() => 0), sum: 0 } : { ...sample, value: 0 }
