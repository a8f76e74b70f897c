import { increased, part, perSecond, promql, selector } from "../../core/catalogue/promql.ts"
import type { LabelSpecs, LabelsOf, PromQL, RecordingSpec, SeriesSpec } from "../../core/catalogue/types.ts"
import { parseDuration } from "../../core/lib/config.ts"
import type { Measure } from "./units.ts"

/** One query of a panel, with what a reader needs to know about it. */
export interface Shown {
	readonly expr: PromQL
	readonly measure: Measure
	/** Name in the legend; `{{label}}` stands for the label's value. */
	readonly legend: string
	/** Meaning and formula, for the panel's description. */
	readonly meaning: string
	/** Ask for the latest value only: for panels without a time axis. */
	readonly instant: boolean
	/** Smallest step that is worth its cost; a wide window is read anew for every step. */
	readonly step: string
}

type Label<L> = keyof L & string

interface Pick<L extends LabelSpecs> {
	readonly legend?: string
	/** Labels to keep; each combination is a line of its own. */
	readonly by?: readonly Label<L>[]
	readonly where?: Partial<LabelsOf<L>>
}

interface Windowed<L extends LabelSpecs> extends Pick<L> {
	readonly window?: string
}

/** A recording as Prometheus has it; one per exporter is folded into the largest. */
export function recorded(of: RecordingSpec, legend?: string): Shown {
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

/** A gauge's value; of several exporters that say the same, the largest. */
export function latest<const L extends LabelSpecs>(of: SeriesSpec<L, "gauge">, pick: Pick<L> = {}): Shown {
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
export function rate<const L extends LabelSpecs>(of: SeriesSpec<L, "counter">, pick: Windowed<L> = {}): Shown {
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

/** How much a counter grew over a window; for things that are too rare for a rate per second. */
export function increase<const L extends LabelSpecs>(of: SeriesSpec<L, "counter">, pick: Windowed<L> = {}): Shown {
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

/** A quantile of a histogram over a window; no line where nothing was observed, for which Prometheus answers NaN. */
export function quantile<const L extends LabelSpecs>(
	of: SeriesSpec<L, "histogram">,
	q: number,
	pick: Windowed<L> = {},
): Shown {
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

/** A formula of its own, made from catalogued things. */
export const formula = (
	expr: PromQL,
	about: { readonly measure: Measure; readonly legend: string; readonly meaning: string; readonly step?: string },
): Shown => ({ expr, step: SCRAPE, ...about, instant: false })

/** The same, asked for its latest value only. */
export const now = (shown: Shown): Shown => ({ ...shown, instant: true })

/** The same, of which there are thousands, so that digits behind the point say nothing and three in all say enough. */
export const many = (shown: Shown): Shown => ({ ...shown, measure: "many" })

/** The same without the lines of what never happened; for series with many label sets, of which most stay at zero. */
export const occurred = (shown: Shown): Shown => ({ ...shown, expr: promql`${shown.expr} > 0` })

/** A selector of one series, with the labels that it declares. */
export const vector = <const L extends LabelSpecs>(of: SeriesSpec<L>, where: Partial<LabelsOf<L>> = {}): PromQL => ({
	text: selector({ of, matchers: matchersOf(where) }),
	refs: new Set([of]),
})

/** Only what is set; an optional label may be there and undefined. */
function matchersOf(where: Readonly<Record<string, string | undefined>> = {}): Record<string, string> {
	return Object.fromEntries(
		Object.entries(where).flatMap(([label, value]) => (value === undefined ? [] : [[label, value]])),
	)
}

/** As often as Prometheus scrapes. */
const SCRAPE = "15s"

/**
 * Points as far apart as the window can stand. Grafana shows only points at whole steps, so a long step also keeps a
 * new system's panel empty for as long.
 */
function stepFor(window: string): string {
	const hours = (parseDuration(window) ?? 0) / 3_600_000
	return hours >= 24 * 7 ? "15m" : hours >= 24 ? "5m" : hours >= 1 ? "1m" : SCRAPE
}

const grouping = (by: readonly string[]) => (by.length > 0 ? ` by (${by.join(", ")})` : "")

const legendOf = (labels: readonly string[], otherwise: string) =>
	labels.length > 0 ? labels.map((label) => `{{${label}}}`).join(" ") : otherwise

/**
 * Series that Prometheus itself makes. They stand outside the catalogue, because nothing of ours exposes them.
 * https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/#inspecting-alerts-during-runtime
 */
export const BUILT_IN = ["ALERTS", "ALERTS_FOR_STATE", "up"] as const

export const builtIn = (name: (typeof BUILT_IN)[number], matchers: string): PromQL => ({
	text: `${name}{${matchers}}`,
	refs: new Set(),
})
