import type { SeriesSpec } from "../../../core/catalogue/types.ts"
import type { Telemetry } from "../../../core/telemetry/telemetry.ts"
import type { Observation } from "./interpret/observation.ts"
import type { Newborns } from "./newborn.ts"

/** Puts observations into the instruments of their series, which it makes. */
export type Sink = (observations: readonly Observation[]) => void

/** `series` are all that observations may name; they exist, at 0 where labels are known, from here on. */
export function createSink(telemetry: Telemetry, series: readonly SeriesSpec[], newborns: Newborns): Sink {
	const apply = new Map<SeriesSpec, (observation: Observation) => void>()
	for (const spec of series) {
		const add = instrument(telemetry, spec)
		apply.set(
			spec,
			newborns.guard(spec, (observation) => add(empty(observation)), add),
		)
	}
	return (observations) => {
		for (const observation of observations) apply.get(observation.series)?.(observation)
	}
}

/** The same labels, with nothing added. */
function empty(observation: Observation): Observation {
	if (observation.kind === "count") return { ...observation, by: 0 }
	if (observation.kind === "set") return observation
	return { kind: "merge", series: observation.series, labels: observation.labels, counts: [], sum: 0 }
}

function instrument(telemetry: Telemetry, spec: SeriesSpec): (observation: Observation) => void {
	if (isOf(spec, "counter")) {
		const counter = telemetry.counter(spec)
		return (observation) => observation.kind === "count" && counter.inc(observation.labels, observation.by)
	}
	if (isOf(spec, "gauge")) {
		const gauge = telemetry.gauge(spec)
		return (observation) => observation.kind === "set" && gauge.set(observation.labels, observation.value)
	}
	const histogram = telemetry.histogram(spec as SeriesSpec<SeriesSpec["labels"], "histogram">)
	return (observation) => {
		if (observation.kind === "observe") histogram.observe(observation.labels, observation.value)
		else if (observation.kind === "merge") histogram.merge(observation.labels, observation.counts, observation.sum)
	}
}

const isOf = <T extends SeriesSpec["type"]>(spec: SeriesSpec, type: T): spec is SeriesSpec<SeriesSpec["labels"], T> =>
	spec.type === type
