import {
	AxisPlacement,
	BigValueColorMode,
	BigValueGraphMode,
	BigValueTextMode,
	GraphDrawStyle,
	LegendDisplayMode,
	LegendPlacement,
	ReduceDataOptionsBuilder,
	SortOrder,
	StackingConfigBuilder,
	StackingMode,
	TooltipDisplayMode,
	VisibilityMode,
	VizLegendOptionsBuilder,
	VizTextDisplayOptionsBuilder,
	VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common"
import {
	type DynamicConfigValue,
	MappingType,
	SpecialValueMatch,
	type ValueMapping,
} from "@grafana/grafana-foundation-sdk/dashboard"
import { PanelBuilder as GaugePanel } from "@grafana/grafana-foundation-sdk/gauge"
import { PanelBuilder as StatPanel } from "@grafana/grafana-foundation-sdk/stat"
import { PanelBuilder as TimeseriesPanel } from "@grafana/grafana-foundation-sdk/timeseries"
import { applyCommon, bySeries, byThreshold, type PanelDef, type PanelInfo, thresholds } from "./panel.ts"
import { instant, type Query } from "./query.ts"
import { refId } from "./targets.ts"
import type { Steps } from "./thresholds.ts"
import { AXIS_AT_LEAST, WHOLE } from "./units.ts"

const latestValue = () => new ReduceDataOptionsBuilder().calcs(["lastNotNull"])

/** The no-data text in the colour of text; Grafana would use the colour of the lowest threshold. */
const nothing = (text: string): ValueMapping => ({
	type: MappingType.SpecialValue,
	options: { match: SpecialValueMatch.Null, result: { text, color: "text", index: 99 } },
})

/** Size of a tile's name in pixels: the largest at which nine letters fit on a quarter of a phone's width. */
const TILE_NAME = 16

interface Stat extends PanelInfo {
	readonly shows: readonly Query[]
	/** Texts for numbers such as states. */
	readonly words?: readonly ValueMapping[]
	/** Colour steps of single queries that differ from the first's; by position from 0. */
	readonly stepsOf?: Readonly<Record<number, Steps>>
	/** Colour the whole tile, so that it is visible from a distance. */
	readonly filled?: boolean
	/** Draw the history behind the number; costs a range query. */
	readonly history?: boolean
}

/** Large numbers, each with its name when there are several. */
export function stat(spec: Stat): PanelDef {
	const shows = spec.history ? spec.shows : spec.shows.map(instant)
	return { ...spec, shows, sql: [], build: () => drawStat(spec, shows) }
}

function drawStat(spec: Stat, shows: readonly Query[]): StatPanel {
	const severalNumbers = shows.length > 1 || shows.some((query) => query.legend.includes("{{"))
	const panel = applyCommon(new StatPanel(), spec, shows)
		.mappings([...(spec.words ?? []), nothing(spec.empty)])
		.colorScheme(byThreshold())
		.colorMode(spec.filled ? BigValueColorMode.BackgroundSolid : BigValueColorMode.Value)
		.graphMode(spec.history ? BigValueGraphMode.Area : BigValueGraphMode.None)
		.textMode(severalNumbers ? BigValueTextMode.ValueAndName : BigValueTextMode.Value)
		.reduceOptions(latestValue())
	// Side by side, a tile's name shrinks too much beside its state; stacked, four tiles fit on a phone.
	if (spec.filled) panel.wideLayout(false).text(new VizTextDisplayOptionsBuilder().titleSize(TILE_NAME))
	for (const [index, steps] of Object.entries(spec.stepsOf ?? {})) {
		panel.overrideByQuery(refId(Number(index)), [{ id: "thresholds", value: thresholds(steps).build() }])
	}
	return panel
}

interface Gauge extends PanelInfo {
	readonly shows: Query
	readonly min: number
	readonly max: number
}

/** One value on a dial with fixed ends. */
export function gauge(spec: Gauge): PanelDef {
	const shows = [instant(spec.shows)]
	return {
		...spec,
		shows,
		sql: [],
		build: () =>
			applyCommon(new GaugePanel(), spec, shows)
				.min(spec.min)
				.max(spec.max)
				.mappings([nothing(spec.empty)])
				.colorScheme(byThreshold())
				.showThresholdMarkers(true)
				.showThresholdLabels(false)
				.reduceOptions(latestValue()),
	}
}

interface Timeseries extends PanelInfo {
	readonly shows: readonly Query[]
	/** A fixed time range such as `7d`, whatever the board's range. */
	readonly over?: string
	/** Stack the queries as parts of a whole. */
	readonly stacked?: boolean
	/** Show the measure's whole range on the axis, for values that are normally near its end. */
	readonly whole?: boolean
	/** Queries that are limits of the others, by position from 0. */
	readonly limits?: readonly number[]
}

/** Lines over time; a second unit gets the axis on the right. */
export function timeseries(spec: Timeseries): PanelDef {
	return { ...spec, sql: [], build: () => drawLines(spec) }
}

function drawLines(spec: Timeseries): TimeseriesPanel {
	const panel = applyCommon(new TimeseriesPanel(), spec, spec.shows)
		.colorScheme(bySeries())
		.drawStyle(GraphDrawStyle.Line)
		.lineWidth(2)
		.fillOpacity(spec.stacked ? 30 : 10)
		.showPoints(VisibilityMode.Auto)
		.tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
		.legend(
			new VizLegendOptionsBuilder()
				.displayMode(LegendDisplayMode.List)
				.placement(LegendPlacement.Bottom)
				.showLegend(true),
		)
	const measure = spec.shows[0]?.measure
	if (spec.shows.every((query) => query.measure !== "ratio" || spec.stacked)) panel.axisSoftMin(0)
	if (measure && AXIS_AT_LEAST[measure] !== undefined) panel.axisSoftMax(AXIS_AT_LEAST[measure])
	if (spec.stacked) panel.stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group("A"))
	if (spec.over) panel.timeFrom(spec.over)
	spec.shows.forEach((query, index) => {
		const own = propertiesOf(spec, query, index)
		if (own.length > 0) panel.overrideByQuery(refId(index), own)
	})
	return panel
}

/** The overrides of one query. */
function propertiesOf(spec: Timeseries, { measure }: Query, index: number): DynamicConfigValue[] {
	const top = WHOLE[measure]
	const otherUnit = measure !== spec.shows[0]?.measure
	return [
		...(otherUnit ? [{ id: "custom.axisPlacement", value: AxisPlacement.Right }] : []),
		...(otherUnit ? [{ id: "custom.axisSoftMax", value: AXIS_AT_LEAST[measure] }] : []),
		...(spec.whole && top !== undefined
			? [
					{ id: "min", value: 0 },
					{ id: "max", value: top },
				]
			: []),
		...(spec.limits?.includes(index) ? LIMIT : []),
	]
}

/** A limit is a dashed line without fill, in the colour of text. */
const LIMIT: readonly DynamicConfigValue[] = [
	{ id: "custom.lineStyle", value: { fill: "dash", dash: [8, 8] } },
	{ id: "custom.fillOpacity", value: 0 },
	{ id: "color", value: { mode: "fixed", fixedColor: "text" } },
]
