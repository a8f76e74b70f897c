import type { SeriesSpec } from "../../../core/catalogue/types.ts"
import type { Telemetry } from "../../../core/telemetry/telemetry.ts"
import type { Observation } from "./interpret/observation.ts"

/** Puts observations into the instruments of their series, which it makes. */
export type Sink = (observations: readonly Observation[]) => void

/** `series` are all that observations may name; they exist, at 0 where labels are known, from here on. */
export function createSink(telemetry: Telemetry, series: readonly SeriesSpec[]): Sink {
	const apply = new Map<SeriesSpec, (observation: Observation) => void>()
	for (const spec of series) apply.set(spec, instrument(telemetry, spec))
	return (observations) => {
		for (const observation of observations) apply.get(observation.series)?.(observation)
	}
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
