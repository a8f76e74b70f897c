import type { PromQL, RecordingSpec, SeriesSpec, Vector } from "./types.ts"

type Part = SeriesSpec | RecordingSpec | Vector | PromQL | string | number

/**
 * PromQL as a template: catalogued series, recordings, vectors and other PromQL are put in by value, so that the
 * result knows what it was made from and a renamed series cannot be missed.
 */
export function promql(strings: TemplateStringsArray, ...parts: Part[]): PromQL {
	const refs = new Set<SeriesSpec | RecordingSpec>()
	const text = strings.reduce((sofar, string, i) => {
		const part = parts[i - 1]
		return sofar + (part === undefined ? "" : render(part, refs)) + string
	})
	return { text: text.replace(/\s+/g, " ").trim(), refs }
}

function render(part: Part, refs: Set<SeriesSpec | RecordingSpec>): string {
	if (typeof part === "string" || typeof part === "number") return String(part)
	if ("kind" in part) {
		refs.add(part)
		return part.name
	}
	if ("of" in part) {
		refs.add(part.of)
		return selector(part)
	}
	for (const ref of part.refs) refs.add(ref)
	return part.text
}

/** `name{label="value",…}`, or the bare name. */
export function selector({ of, matchers }: Vector, suffix = ""): string {
	const inside = Object.entries(matchers ?? {}).map(([label, value]) => `${label}=${quote(value)}`)
	return `${of.name}${suffix}${inside.length > 0 ? `{${inside.join(",")}}` : ""}`
}

/** A PromQL string literal. */
export const quote = (text: string): string => JSON.stringify(text)

/** One of a histogram's three series, as PromQL. */
export const part = (of: SeriesSpec, suffix: "bucket" | "sum" | "count", matchers?: Vector["matchers"]): PromQL => ({
	text: selector(matchers ? { of, matchers } : { of }, `_${suffix}`),
	refs: new Set([of]),
})

/** Emitters that count what they themselves were sent or have tried, rather than what a source has on record. */
const OWN_COUNTS: ReadonlySet<string> = new Set(["otlp", "mcp", "telemetry", "exporters", "webhook"])

/** Whether replicas share the series' events, so that theirs add up, or each replica reports all of them. */
export const isAdditive = (of: SeriesSpec | RecordingSpec): boolean =>
	of.kind === "series" && OWN_COUNTS.has(of.emitter)

/**
 * Adds up everything except the labels `by`, each event once: of replicas that read one source the highest total
 * counts; totals that replicas share are added. Our services' own series are on every scraped path, and count once an
 * instance.
 */
export function total(expr: PromQL, by: readonly string[] = []): PromQL {
	const series = [...expr.refs].filter((ref) => ref.kind === "series")
	const same = series.some((of) => !isAdditive(of))
		? "instance, job"
		: series.some(({ group }) => group === "observatory")
			? "job"
			: undefined
	const once = same === undefined ? expr : promql`max without (${same}) (${expr})`
	return promql`sum${by.length === 0 ? "" : ` by (${by.join(", ")}) `}(${once})`
}

/** `total` of how much counters have grown over a window. */
export const increased = (of: SeriesSpec | Vector | PromQL, window: string, by: readonly string[] = []): PromQL =>
	total(promql`increase(${of}[${window}])`, by)

/** `total` of counters' rate per second over a window. */
export const perSecond = (of: SeriesSpec | Vector | PromQL, window: string, by: readonly string[] = []): PromQL =>
	total(promql`rate(${of}[${window}])`, by)
