import type { LabelSpec, SeriesSpec } from "../../core/catalogue/types.ts"

/**
 * Every series of the catalogue in Prometheus' text format, as a healthy system would expose it after `ticks` scrapes:
 * counters and histograms have grown, state sets have one state, each bounded label has two values.
 */
export const expose = (series: readonly SeriesSpec[], ticks: number, now: number): string =>
	`${series.map((of) => exposeOne(of, ticks, now)).join("\n")}\n`

function exposeOne(of: SeriesSpec, ticks: number, now: number): string {
	const lines = labelSets(of).map((labels) => {
		if (of.type === "histogram") return histogram(of, labels, ticks)
		return sample(of.name, labels, of.type === "counter" ? ticks : gauge(of, labels, now))
	})
	return [`# TYPE ${of.name} ${of.type}`, ...lines].join("\n")
}

type Labels = Readonly<Record<string, string>>

function gauge(of: SeriesSpec, labels: Labels, now: number): number {
	if (of.quantity === "timestamp") return now / 1000 - 30
	if (of.quantity !== "state") return of.quantity === "ratio" ? 0.5 : 1
	const states = Object.entries(of.labels).find(([name, spec]) => name === "status" && spec.kind === "enum")?.[1]
	return states?.kind === "enum" && labels.status === states.values[0] ? 1 : 0
}

function histogram(of: SeriesSpec, labels: Labels, ticks: number): string {
	const bounds = of.buckets ?? []
	return [
		...bounds.map((le, i) => sample(`${of.name}_bucket`, { ...labels, le: String(le) }, ticks * (i + 1))),
		sample(`${of.name}_bucket`, { ...labels, le: "+Inf" }, ticks * (bounds.length + 1)),
		sample(`${of.name}_sum`, labels, ticks * (bounds[0] ?? 1)),
		sample(`${of.name}_count`, labels, ticks * (bounds.length + 1)),
	].join("\n")
}

/** Every combination of the labels' values. */
function labelSets(of: SeriesSpec): Labels[] {
	return Object.entries(of.labels).reduce<Labels[]>(
		(sets, [name, spec]) => sets.flatMap((set) => valuesOf(name, spec).map((value) => ({ ...set, [name]: value }))),
		[{}],
	)
}

/** Values that panels ask for: the health collector reports "not configured", sign-ins have their route. */
const ASKED_FOR: Readonly<Record<string, readonly string[]>> = {
	collector: ["health", "mcp"],
	route: ["/sign-in", "/healthz"],
}

const valuesOf = (name: string, spec: LabelSpec): readonly string[] =>
	spec.kind === "enum" ? spec.values : (ASKED_FOR[name] ?? [`${name}-one`, `${name}-two`])

const sample = (name: string, labels: Labels, value: number): string => {
	const inside = Object.entries(labels).map(([label, text]) => `${label}=${JSON.stringify(text)}`)
	return `${name}{${inside.join(",")}} ${value}`
}
