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
import type { Query } from "./query.ts"
import { prometheusQuery, refId } from "./targets.ts"
import { plain, type Steps } from "./thresholds.ts"
import { decimalsOf, type Measure, UNITS } from "./units.ts"

/** The properties of every panel. */
export interface PanelInfo {
	/** Never changes: the panel's id, and so its address, is derived from it. */
	readonly key: string
	readonly title: string
	/** Text before the catalogue's help of the panel's series. */
	readonly note?: string
	/** Text of the panel without data. */
	readonly empty: string
	/** The board with more detail. */
	readonly detail?: string
	readonly thresholds?: Steps
}

/** A panel with its queries. */
export interface PanelDef extends PanelInfo {
	readonly shows: readonly Query[]
	/** SQL statements against the contract views, for panels of PostgreSQL. */
	readonly sql: readonly string[]
	readonly build: () => Builder<Panel>
}

/** The common methods of the SDK's panel builders, which have no common interface. */
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

/** Sets title, description, unit, no-data text, thresholds, links and queries, which every kind of panel has. */
export function applyCommon<P extends AnyPanel>(panel: P, info: PanelInfo, shows: readonly Query[]): P {
	const measure = shows[0]?.measure ?? "state"
	panel
		.title(info.title)
		.description(describe(info, shows))
		.datasource(PROMETHEUS)
		.unit(UNITS[measure])
		.noValue(info.empty)
		.thresholds(thresholds(info.thresholds ?? plain))
		.targets(shows.map((query, index) => prometheusQuery(query, index)))
		.links(links(info).map(built))
	const decimals = decimalsOf(measure)
	if (decimals !== undefined) panel.decimals(decimals)
	shows.forEach((query, index) => {
		if (query.measure !== measure) panel.overrideByQuery(refId(index), unitOverride(query.measure))
	})
	return panel
}

const built = <T>(value: T): Builder<T> => ({ build: () => value })

/** Colours by threshold, for panels whose colour says good or bad. */
export const byThreshold = () => new FieldColorBuilder().mode(FieldColorModeId.Thresholds)

/** Colours by series, distinct in both themes. */
export const bySeries = () => new FieldColorBuilder().mode(FieldColorModeId.PaletteClassic)

export const thresholds = (steps: Steps) =>
	new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps.map((step) => ({ ...step })))

/** Overrides the unit and the fixed digits of one query. */
function unitOverride(measure: Measure): DynamicConfigValue[] {
	const decimals = decimalsOf(measure)
	const unit = { id: "unit", value: UNITS[measure] }
	return decimals === undefined ? [unit, { id: "decimals" }] : [unit, { id: "decimals", value: decimals }]
}

/** Links in the panel's corner. */
export const links = (info: PanelInfo): DashboardLink[] => (info.detail ? [panelLink("More detail", info.detail)] : [])

/** The note and the meaning of each query, with its legend if there are several. */
export function describe(info: PanelInfo, shows: readonly Query[]): string {
	const meanings = [...new Map(shows.map((query) => [query.meaning, query])).values()]
	const lines =
		meanings.length === 1
			? meanings.map(({ meaning }) => meaning)
			: meanings.map((s) => `- **${s.legend}**: ${s.meaning}`)
	return [info.note, lines.join("\n")].filter((text) => text).join("\n\n")
}
