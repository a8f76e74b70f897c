import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog"
import type { DataSourceRef } from "@grafana/grafana-foundation-sdk/common"
import {
	type DashboardLink,
	type DynamicConfigValue,
	FieldColorBuilder,
	FieldColorModeId,
	type Panel,
	type ThresholdsConfig,
	ThresholdsConfigBuilder,
	ThresholdsMode,
} from "@grafana/grafana-foundation-sdk/dashboard"
import { PROMETHEUS } from "./datasources.ts"
import { panelLink } from "./links.ts"
import { prometheusQuery, refId } from "./query.ts"
import type { Shown } from "./shown.ts"
import { plain, type Steps } from "./thresholds.ts"
import { decimalsOf, type Measure, UNITS } from "./units.ts"

/** What every panel says about itself. */
export interface About {
	/** Stays the same for ever: the panel's id, which addresses point at, is made from it. */
	readonly key: string
	readonly title: string
	/** Put before what the catalogue says about the panel's series. */
	readonly note?: string
	/** What stands in the panel while there is nothing to show. */
	readonly empty: string
	/** The board that shows the same in more detail. */
	readonly detail?: string
	readonly thresholds?: Steps
}

/** A panel that a board can place. */
export interface PanelDef extends About {
	readonly shows: readonly Shown[]
	/** Statements against the contract views, for panels that read PostgreSQL. */
	readonly sql: readonly string[]
	readonly build: () => Builder<Panel>
}

/** What the SDK's panel builders have in common; it has no such interface of its own. */
interface AnyPanel extends Builder<Panel> {
	title(text: string): this
	description(text: string): this
	datasource(ref: DataSourceRef): this
	unit(unit: string): this
	decimals(digits: number): this
	noValue(text: string): this
	thresholds(steps: Builder<ThresholdsConfig>): this
	colorScheme(color: Builder<{ mode: FieldColorModeId }>): this
	targets(queries: Builder<Dataquery>[]): this
	links(links: Builder<DashboardLink>[]): this
	overrideByQuery(refId: string, properties: DynamicConfigValue[]): this
}

/** Title, meaning, unit, no-data text, thresholds, links and queries: the same for every kind of panel. */
export function dress<P extends AnyPanel>(panel: P, about: About, shows: readonly Shown[]): P {
	const measure = shows[0]?.measure ?? "state"
	panel
		.title(about.title)
		.description(describe(about, shows))
		.datasource(PROMETHEUS)
		.unit(UNITS[measure])
		.noValue(about.empty)
		.thresholds(thresholds(about.thresholds ?? plain))
		.targets(shows.map((shown, index) => prometheusQuery(shown, index)))
		.links(links(about).map(built))
	const decimals = decimalsOf(measure)
	if (decimals !== undefined) panel.decimals(decimals)
	shows.forEach((shown, index) => {
		if (shown.measure !== measure) panel.overrideByQuery(refId(index), unitOverride(shown.measure))
	})
	return panel
}

const built = <T>(value: T): Builder<T> => ({ build: () => value })

/** Colours by threshold, for panels whose colour says good or bad. */
export const byThreshold = () => new FieldColorBuilder().mode(FieldColorModeId.Thresholds)

/** Colours by series, made for telling lines apart in either theme. */
export const bySeries = () => new FieldColorBuilder().mode(FieldColorModeId.PaletteClassic)

export const thresholds = (steps: Steps) =>
	new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps.map((step) => ({ ...step })))

/** The unit, and the digits where they are fixed, of one query among others. */
function unitOverride(measure: Measure): DynamicConfigValue[] {
	const decimals = decimalsOf(measure)
	const unit = { id: "unit", value: UNITS[measure] }
	return decimals === undefined ? [unit, { id: "decimals" }] : [unit, { id: "decimals", value: decimals }]
}

/** Links in the panel's corner. */
export const links = (about: About): DashboardLink[] => (about.detail ? [panelLink("More detail", about.detail)] : [])

/** The note, then what each query means; a single one without its name. */
export function describe(about: About, shows: readonly Shown[]): string {
	const meanings = [...new Map(shows.map((shown) => [shown.meaning, shown])).values()]
	const lines =
		meanings.length === 1
			? meanings.map(({ meaning }) => meaning)
			: meanings.map((s) => `- **${s.legend}**: ${s.meaning}`)
	return [about.note, lines.join("\n")].filter((text) => text).join("\n\n")
}
