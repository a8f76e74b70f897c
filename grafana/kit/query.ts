import { increased, part, perSecond, promql, selector } from "../../core/catalogue/promql.ts"
import type { LabelSpecs, LabelsOf, PromQL, RecordingSpec, SeriesSpec } from "../../core/catalogue/types.ts"
import { parseDuration } from "../../core/lib/config.ts"
import type { Measure } from "./units.ts"

/** One query of a panel, with its unit, legend and meaning. */
export interface Query {
	readonly expr: PromQL
	readonly measure: Measure
	/** Name in the legend; `{{label}}` is replaced by the label's value. */
	readonly legend: string
	/** Meaning and formula, for the panel's description. */
	readonly meaning: string
	/** True for the latest value only, in panels without a time axis. */
	readonly instant: boolean
	/** Smallest step that is worth its cost: Prometheus reads the whole window again for every step. */
	readonly step: string
}

type Label<L> = keyof L & string

interface Pick<L extends LabelSpecs> {
	readonly legend?: string
	/** Labels to keep; each combination is one line. */
	readonly by?: readonly Label<L>[]
	readonly where?: Partial<LabelsOf<L>>
}

interface Windowed<L extends LabelSpecs> extends Pick<L> {
	readonly window?: string
}

/** A recording; of several exporters' values the largest. */
export function recorded(of: RecordingSpec, legend?: string): Query {
	const perInstance = of.labels.includes("instance")
	const rest = of.labels.filter((label) => label !== "instance" && label !== "job")
	return {
		expr: perInstance ? promql`max without (instance, job) (${of})` : promql`${of}`,
		measure: of.quantity,
		legend: legend ?? legendOf(rest, of.name),
		meaning: `${of.help} Formula: ${of.formula}.`,
		instant: false,
		step: of.interval ?? SCRAPE,
	}
}

/** A gauge's value; of several exporters' values the largest. */
export function latest<const L extends LabelSpecs>(of: SeriesSpec<L, "gauge">, pick: Pick<L> = {}): Query {
	const by = pick.by ?? []
	return {
		expr: promql`max${grouping(by)} (${vector(of, pick.where)})`,
		measure: of.quantity,
		legend: pick.legend ?? legendOf(by, of.name),
		meaning: of.help,
		instant: false,
		step: SCRAPE,
	}
}

/** A counter's rate per second, over 5 minutes as in the recording rules. */
export function rate<const L extends LabelSpecs>(of: SeriesSpec<L, "counter">, pick: Windowed<L> = {}): Query {
	const { by = [], window = "5m" } = pick
	return {
		expr: perSecond(vector(of, pick.where), window, by),
		measure: "per_second",
		legend: pick.legend ?? legendOf(by, of.name),
		meaning: `${of.help} Per second, over ${window}.`,
		instant: false,
		step: stepFor(window),
	}
}

/** A counter's increase over a window, for events that are too rare for a rate per second. */
export function increase<const L extends LabelSpecs>(of: SeriesSpec<L, "counter">, pick: Windowed<L> = {}): Query {
	const { by = [], window = "1h" } = pick
	return {
		expr: increased(vector(of, pick.where), window, by),
		measure: of.quantity,
		legend: pick.legend ?? legendOf(by, of.name),
		meaning: `${of.help} Increase over ${window}.`,
		instant: false,
		step: stepFor(window),
	}
}

/** A quantile of a histogram over a window; no line without observations, for which Prometheus answers NaN. */
export function quantile<const L extends LabelSpecs>(
	of: SeriesSpec<L, "histogram">,
	q: number,
	pick: Windowed<L> = {},
): Query {
	const { by = [], window = "1h" } = pick
	const name = `p${Math.round(q * 100)}`
	return {
		expr: promql`histogram_quantile(${q}, sum${grouping(["le", ...by])} (rate(${part(of, "bucket", matchersOf(pick.where))}[${window}]))) >= 0`,
		measure: of.quantity,
		legend: pick.legend ?? (by.length > 0 ? `${legendOf(by, "")} ${name}` : name),
		meaning: `${of.help} ${Math.round(q * 100)} % of those of the last ${window} took no more than this, read off the histogram's buckets.`,
		instant: false,
		step: stepFor(window),
	}
}

/** A query from a PromQL expression of catalogued series. */
export const formula = (
	expr: PromQL,
	about: { readonly measure: Measure; readonly legend: string; readonly meaning: string; readonly step?: string },
): Query => ({ expr, step: SCRAPE, ...about, instant: false })

/** The query as an instant query: its latest value only. */
export const instant = (query: Query): Query => ({ ...query, instant: true })

/** The query with a compact unit, for counts of thousands: three significant digits suffice. */
export const compact = (query: Query): Query => ({ ...query, measure: "compact" })

/** The query without lines at zero, for series with many label sets of which most stay at zero. */
export const occurred = (query: Query): Query => ({ ...query, expr: promql`${query.expr} > 0` })

/** A selector of one series by its declared labels. */
export const vector = <const L extends LabelSpecs>(of: SeriesSpec<L>, where: Partial<LabelsOf<L>> = {}): PromQL => ({
	text: selector({ of, matchers: matchersOf(where) }),
	refs: new Set([of]),
})

/** The set labels only; an optional label may be undefined. */
function matchersOf(where: Readonly<Record<string, string | undefined>> = {}): Record<string, string> {
	return Object.fromEntries(
		Object.entries(where).flatMap(([label, value]) => (value === undefined ? [] : [[label, value]])),
	)
}

/** Prometheus' scrape interval. */
const SCRAPE = "15s"

/**
 * The longest useful step for a window. Grafana shows points at whole steps only, so a new system's panel stays empty for
 * one step.
 */
function stepFor(window: string): string {
	const hours = (parseDuration(window) ?? 0) / 3_600_000
	return hours >= 24 * 7 ? "15m" : hours >= 24 ? "5m" : hours >= 1 ? "1m" : SCRAPE
}

const grouping = (by: readonly string[]) => (by.length > 0 ? ` by (${by.join(", ")})` : "")

const legendOf = (labels: readonly string[], otherwise: string) =>
	labels.length > 0 ? labels.map((label) => `{{${label}}}`).join(" ") : otherwise

/**
 * Prometheus' own series. They are not in the catalogue, because no program of ours exposes them.
 * https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/#inspecting-alerts-during-runtime
 */
export const BUILT_IN = ["ALERTS", "ALERTS_FOR_STATE", "up"] as const

export const builtIn = (name: (typeof BUILT_IN)[number], matchers: string): PromQL => ({
	text: `${name}{${matchers}}`,
	refs: new Set(),
})
