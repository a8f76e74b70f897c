import { RECORDINGS, SERIES, SUBJECTS } from "../catalogue/index.ts"
import { GITHUB_INTERVAL_MS } from "../catalogue/subjects/github.ts"
import type { RecordingSpec, SeriesSpec, Vector } from "../catalogue/types.ts"
import { parseDuration } from "../lib/config.ts"
import { type FunctionSpec, readsOf } from "./functions.ts"
import { ageIn, inertiaOf } from "./inertia.ts"
import { type Condition, type PathRef, type Trigger, type Volume, walk } from "./model.ts"
import type { Severity } from "./schema.ts"

/** How often Prometheus scrapes and evaluates, as prometheus/prometheus.yml has it. */
const SCRAPE_MS = 15_000
export const EVALUATION_MS = 15_000
/** The longest that a collector may wait between two looks at its source. */
const SOURCE_MS = 30_000
/** What is about GitHub, as a path, a component or a series. */
const OF_GITHUB = /github_actions|githubActions|autonomous_github_/
/** How long Alertmanager waits for companions of a new alert. */
export const GROUP_WAIT_MS: Readonly<Record<Severity, number>> = { critical: 10_000, warning: 30_000, info: 30_000 }
/** What Prometheus and Alertmanager need to send an alert on, and its receiver to accept it. */
const DELIVERY_MS = 10_000
/** How far back an event is looked for: long enough to outlast a missed scrape or a restart of Prometheus. */
export const EVENT_WINDOW_MS = 5 * 60_000

/** One part of the way from a fault to its notification. */
export interface Delay {
	readonly what: string
	readonly ms: number
	/** The step of an incident's clock that it is a part of. */
	readonly step: ClockStep
}

/**
 * The steps from a fault to its notification: until the condition is true, until the alert fires, and until its first
 * channel accepts it.
 */
export const CLOCK_STEPS = ["condition", "duration", "notification"] as const
export type ClockStep = (typeof CLOCK_STEPS)[number]

/** Worst case from the moment a source could show a fault to the first notification. */
export function worstDetection(
	trigger: Trigger | undefined,
	forMs: number,
	severity: Severity,
	volumes: readonly Volume[] = [],
): readonly Delay[] {
	const recordings = Math.max(0, ...(trigger ? vectorsOf(trigger) : []).map(recordingDelay))
	const countsAge = trigger?.kind === "promql" && ageIn(trigger.text) > 0
	const sourceMs = OF_GITHUB.test(trigger?.text ?? "") ? GITHUB_INTERVAL_MS.without : SOURCE_MS
	const delays: readonly Delay[] = [
		{ what: "source", ms: countsAge ? 0 : sourceMs, step: "condition" },
		{ what: "scrape", ms: SCRAPE_MS, step: "condition" },
		{ what: "recording rules", ms: recordings, step: "condition" },
		{ what: "evaluation", ms: EVALUATION_MS, step: "condition" },
		{ what: "window", ms: Math.ceil(inertiaOf(trigger, volumes) / 1000) * 1000, step: "condition" },
		{ what: "duration", ms: forMs, step: "duration" },
		{ what: "group wait", ms: GROUP_WAIT_MS[severity], step: "notification" },
		{ what: "delivery", ms: DELIVERY_MS, step: "notification" },
	]
	return delays.filter(({ ms }) => ms > 0)
}

export const total = (delays: readonly Delay[]): number => delays.reduce((sum, { ms }) => sum + ms, 0)

/** A recording waits for those that it reads, except within its own rule group, which is evaluated in order. */
function recordingDelay(of: SeriesSpec | RecordingSpec): number {
	if (of.kind === "series") return 0
	const own = recordingInterval(of)
	const before = [...of.expr.refs].map((ref) => {
		const sameGroup =
			ref.kind === "recording" && recordingInterval(ref) === own && subjectOf.get(ref) === subjectOf.get(of)
		return recordingDelay(ref) - (sameGroup ? own : 0)
	})
	return own + Math.max(0, ...before)
}

/** How often a recording is evaluated, in milliseconds. */
export const recordingInterval = (of: RecordingSpec): number => parseDuration(of.interval ?? "") ?? EVALUATION_MS

const subjectOf = new Map(
	SUBJECTS.flatMap((subject) => subject.recordings.map((recording) => [recording, subject] as const)),
)

const byName = new Map<string, SeriesSpec | RecordingSpec>([
	...RECORDINGS.map((of) => [of.name, of] as const),
	...SERIES.flatMap((of) =>
		(of.type === "histogram" ? ["_bucket", "_sum", "_count"] : [""]).map((part) => [of.name + part, of] as const),
	),
])

/** What a trigger reads by its paths or by name; events are not among it. */
export function vectorsOf(trigger: Trigger): (SeriesSpec | RecordingSpec)[] {
	if (trigger.kind === "promql") return trigger.series.flatMap((name) => byName.get(name) ?? [])
	return pathsOf(trigger.condition).map(({ vector }) => vector.of)
}

/** A path and the one of its vectors that the condition reads. */
export interface PathUse {
	readonly path: PathRef
	readonly use: FunctionSpec["reads"]
	readonly vector: Vector
}

/** Every use of a path in a condition, in reading order. */
export const pathsOf = (condition: Condition): PathUse[] =>
	[...walk(condition)].flatMap((part): PathUse[] => {
		if (part.kind === "read") return [{ path: part.path, use: readsOf(part.function), vector: part.vector }]
		return part.kind === "state" ? [{ path: part.path, use: "value", vector: part.path.spec.value }] : []
	})
