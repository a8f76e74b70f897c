import { RECORDINGS } from "../../core/catalogue/index.ts"
import type { RecordingSpec, SeriesSpec } from "../../core/catalogue/types.ts"
import type { Column, Columns, Grid } from "./columns.ts"
import { evaluate } from "./promql/evaluate.ts"
import { createRecorder } from "./recorder.ts"
import { recordClaudeCode } from "./subjects/claude-code.ts"
import { recordHealth } from "./subjects/health.ts"
import { recordImprovements } from "./subjects/improvements.ts"
import { COLLECTORS, recordObservatory } from "./subjects/observatory.ts"
import { recordResponse } from "./subjects/response.ts"
import { recordWork } from "./subjects/work.ts"
import { createTimeline, type Timeline } from "./timeline.ts"

/** Scraped addresses as `host:port`, the instances of the series. */
export interface Instances {
	readonly exporters: string
	readonly webhook: string
}

/** The demo's past: what Prometheus would have scraped and recorded. */
export interface Past {
	readonly grid: Grid
	readonly timeline: Timeline
	readonly scraped: Columns
	readonly recorded: Columns
}

/** Makes the past; the same seed, grid and instances give the same one. */
export function createPast(seed: number, grid: Grid, instances: Instances): Past {
	const timeline = createTimeline(seed, grid)
	const recorder = createRecorder(seed, grid, (of, labels) => {
		const job = jobOf(of, labels)
		return { job, instance: job === "alert-webhook" ? instances.webhook : instances.exporters }
	})
	const work = recordWork(recorder, timeline)
	recordImprovements(recorder, timeline, work)
	recordHealth(recorder, timeline)
	recordClaudeCode(recorder, timeline, work)
	recordResponse(recorder, timeline)
	recordObservatory(recorder, timeline)
	const scraped = recorder.columns()
	return { grid, timeline, scraped, recorded: record(scraped, grid) }
}

function jobOf({ group, emitter }: SeriesSpec, { collector, route }: Readonly<Record<string, string>>): string {
	if (group !== "observatory") return group
	if (collector !== undefined) return COLLECTORS[collector] ?? "health"
	return emitter === "webhook" || route !== undefined ? "alert-webhook" : "health"
}

/** Evaluates every recording rule, each after those that it uses. */
function record(scraped: Columns, grid: Grid): Columns {
	const known = new Map<string, readonly Column[]>(scraped)
	const recorded = new Map<string, readonly Column[]>()
	const evaluated = (recording: RecordingSpec): void => {
		if (known.has(recording.name)) return
		for (const ref of recording.expr.refs) if (ref.kind === "recording") evaluated(ref)
		const result = evaluate(recording.expr.text, known, grid)
		const columns = result.filter(({ values }) => values.some((value) => !Number.isNaN(value)))
		known.set(recording.name, columns)
		recorded.set(recording.name, columns)
	}
	for (const recording of RECORDINGS) evaluated(recording)
	return recorded
}
