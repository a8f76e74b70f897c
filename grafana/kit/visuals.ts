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
import { type About, bySeries, byThreshold, dress, type PanelDef, thresholds } from "./panel.ts"
import { refId } from "./query.ts"
import { now, type Shown } from "./shown.ts"
import type { Steps } from "./thresholds.ts"
import { AXIS_AT_LEAST, WHOLE } from "./units.ts"

const latestValue = () => new ReduceDataOptionsBuilder().calcs(["lastNotNull"])

/** Nothing is neither good nor bad; without this, the words for it have the colour of the lowest threshold. */
const nothing = (text: string): ValueMapping => ({
	type: MappingType.SpecialValue,
	options: { match: SpecialValueMatch.Null, result: { text, color: "text", index: 99 } },
})

/** Size of a tile's name, in pixels: the largest that lets nine letters fit on a fourth of a phone. */
const TILE_NAME = 16

interface Stat extends About {
	readonly shows: readonly Shown[]
	/** Numbers that are words, such as states. */
	readonly words?: readonly ValueMapping[]
	/** Colour steps of the second number and those after it, where they differ from the first's; by position from 0. */
	readonly stepsOf?: Readonly<Record<number, Steps>>
	/** Colour the whole tile, for what must be seen from across a room. */
	readonly filled?: boolean
	/** Draw how it came about behind the number; costs a range query. */
	readonly history?: boolean
}

/** Large numbers, each with its name when there are several. */
export function stat(spec: Stat): PanelDef {
	const shows = spec.history ? spec.shows : spec.shows.map(now)
	return { ...spec, shows, sql: [], build: () => drawStat(spec, shows) }
}

function drawStat(spec: Stat, shows: readonly Shown[]): StatPanel {
	const severalNumbers = shows.length > 1 || shows.some((shown) => shown.legend.includes("{{"))
	const panel = dress(new StatPanel(), spec, shows)
		.mappings([...(spec.words ?? []), nothing(spec.empty)])
		.colorScheme(byThreshold())
		.colorMode(spec.filled ? BigValueColorMode.BackgroundSolid : BigValueColorMode.Value)
		.graphMode(spec.history ? BigValueGraphMode.Area : BigValueGraphMode.None)
		.textMode(severalNumbers ? BigValueTextMode.ValueAndName : BigValueTextMode.Value)
		.reduceOptions(latestValue())
	// Side by side, the name of a tile shrinks to nothing beside its state; one above the other, four fit on a phone.
	if (spec.filled) panel.wideLayout(false).text(new VizTextDisplayOptionsBuilder().titleSize(TILE_NAME))
	for (const [index, steps] of Object.entries(spec.stepsOf ?? {})) {
		panel.overrideByQuery(refId(Number(index)), [{ id: "thresholds", value: thresholds(steps).build() }])
	}
	return panel
}

interface Gauge extends About {
	readonly shows: Shown
	readonly min: number
	readonly max: number
}

/** One value on a dial between two ends that are known. */
export function gauge(spec: Gauge): PanelDef {
	const shows = [now(spec.shows)]
	return {
		...spec,
		shows,
		sql: [],
		build: () =>
			dress(new GaugePanel(), spec, shows)
				.min(spec.min)
				.max(spec.max)
				.mappings([nothing(spec.empty)])
				.colorScheme(byThreshold())
				.showThresholdMarkers(true)
				.showThresholdLabels(false)
				.reduceOptions(latestValue()),
	}
}

interface Timeseries extends About {
	readonly shows: readonly Shown[]
	/** A fixed look-back such as `7d`, whatever the board's range. */
	readonly over?: string
	/** Parts of a whole, one on top of the other. */
	readonly stacked?: boolean
	/** Shares of a whole that fill the axis: for what is near the whole when all is well. */
	readonly whole?: boolean
	/** Which of the queries are limits that the others must stay below; by position from 0. */
	readonly limits?: readonly number[]
}

/** Lines over time; a second unit gets the axis on the right. */
export function timeseries(spec: Timeseries): PanelDef {
	return { ...spec, sql: [], build: () => drawLines(spec) }
}

function drawLines(spec: Timeseries): TimeseriesPanel {
	const panel = dress(new TimeseriesPanel(), spec, spec.shows)
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
	if (spec.shows.every((shown) => shown.measure !== "ratio" || spec.stacked)) panel.axisSoftMin(0)
	if (measure && AXIS_AT_LEAST[measure] !== undefined) panel.axisSoftMax(AXIS_AT_LEAST[measure])
	if (spec.stacked) panel.stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group("A"))
	if (spec.over) panel.timeFrom(spec.over)
	spec.shows.forEach((shown, index) => {
		const own = propertiesOf(spec, shown, index)
		if (own.length > 0) panel.overrideByQuery(refId(index), own)
	})
	return panel
}

/** What one query among others has of its own. */
function propertiesOf(spec: Timeseries, { measure }: Shown, index: number): DynamicConfigValue[] {
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

/** A limit is a dashed line without a body, in the colour of text. */
const LIMIT: readonly DynamicConfigValue[] = [
	{ id: "custom.lineStyle", value: { fill: "dash", dash: [8, 8] } },
	{ id: "custom.fillOpacity", value: 0 },
	{ id: "color", value: { mode: "fixed", fixedColor: "text" } },
]
