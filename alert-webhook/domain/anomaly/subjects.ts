import { inspectPromql } from "../../../core/alerts/promql.ts"
import { quote } from "../../../core/catalogue/promql.ts"
import {
	anomalyDeviation,
	anomalyScore,
	SCORED_PATHS,
	type ScoredPath,
	scoredSpec,
} from "../../../core/catalogue/subjects/anomalies.ts"
import type { RecordingSpec, SeriesSpec } from "../../../core/catalogue/types.ts"

/** One thing to score: an expression with one element at most. */
export interface Subject {
	readonly path: ScoredPath
	/** The labels of one element of a path with a `*`; empty for the highest of all. */
	readonly labels: Readonly<Record<string, string>>
	readonly expr: string
}

/** The PromQL of a path's value, for the element with these labels or for the highest of all. */
export function subjectOf(path: ScoredPath, labels: Readonly<Record<string, string>> = {}): Subject {
	const { of, wildcard } = scoredSpec(path)
	const named = wildcard === undefined ? undefined : labels[wildcard]
	if (wildcard === undefined || !named) return { path, labels: {}, expr: `max(${of.name})` }
	return { path, labels: { [wildcard]: named }, expr: `max(${of.name}{${wildcard}=${quote(named)}})` }
}

/**
 * The scored subjects that an alert's expression is about: it names the recorded value, a series that the value is
 * computed from, or the score itself.
 */
export function pathsIn(expr: string): ScoredPath[] {
	const named = new Set(inspectPromql(expr).series)
	const onScores = named.has(anomalyDeviation.name) || named.has(anomalyScore.name)
	return SCORED_PATHS.filter((path) => {
		const { of } = scoredSpec(path)
		return sources(of).some((name) => named.has(name)) || (onScores && expr.includes(quote(path)))
	})
}

/**
 * A value's own name and those of the series that it is computed from; recordings in between are values of their own.
 */
const sources = (of: SeriesSpec | RecordingSpec): string[] => [
	of.name,
	...seriesBehind(of).flatMap(({ name, type }) =>
		type === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
	),
]

const seriesBehind = (of: SeriesSpec | RecordingSpec): SeriesSpec[] =>
	of.kind === "series" ? [of] : [...of.expr.refs].flatMap(seriesBehind)
