import type { SeriesSpec } from "../../../core/catalogue/types.ts"
import type { MetricRegistry } from "../../../core/metrics/registry.ts"
import type { Observation } from "./interpret/observation.ts"

/** Records observations in the instruments of their series. */
export type Recorder = (observations: readonly Observation[]) => void

/**
 * Makes the instruments of `series`, which are all that observations may name; they exist, at 0 where labels are known, from here on.
 *
 * @param zeroHoldMs how long a series with a new label value is shown at 0
 */
export function createRecorder(telemetry: MetricRegistry, series: readonly SeriesSpec[], zeroHoldMs: number): Recorder {
	const instruments = new Map(series.map((spec) => [spec, instrument(telemetry, spec, zeroHoldMs)]))
	return (observations) => {
		for (const observation of observations) instruments.get(observation.series)?.(observation)
	}
}

function instrument(
	telemetry: MetricRegistry,
	spec: SeriesSpec,
	zeroHoldMs: number,
): (observation: Observation) => void {
	if (isOf(spec, "counter")) {
		const counter = telemetry.counter(spec, { zeroHoldMs })
		return (observation) => observation.kind === "count" && counter.inc(observation.labels, observation.by)
	}
	if (isOf(spec, "gauge")) {
		const gauge = telemetry.gauge(spec)
		return (observation) => observation.kind === "set" && gauge.set(observation.labels, observation.value)
	}
	const histogram = telemetry.histogram(spec as SeriesSpec<SeriesSpec["labels"], "histogram">, { zeroHoldMs })
	return (observation) => {
		if (observation.kind === "observe") histogram.observe(observation.labels, observation.value)
		else if (observation.kind === "merge") histogram.merge(observation.labels, observation.counts, observation.sum)
	}
}

const isOf = <T extends SeriesSpec["type"]>(spec: SeriesSpec, type: T): spec is SeriesSpec<SeriesSpec["labels"], T> =>
	spec.type === type
