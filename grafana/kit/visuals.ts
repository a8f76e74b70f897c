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
	VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common"
import type { ValueMapping } from "@grafana/grafana-foundation-sdk/dashboard"
import { PanelBuilder as GaugePanel } from "@grafana/grafana-foundation-sdk/gauge"
import { PanelBuilder as StatPanel } from "@grafana/grafana-foundation-sdk/stat"
import { PanelBuilder as TimeseriesPanel } from "@grafana/grafana-foundation-sdk/timeseries"
import { type About, bySeries, byThreshold, dress, type PanelDef, thresholds } from "./panel.ts"
import { refId } from "./query.ts"
import { now, type Shown } from "./shown.ts"
import type { Steps } from "./thresholds.ts"

const latestValue = () => new ReduceDataOptionsBuilder().calcs(["lastNotNull"])

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
		.mappings([...(spec.words ?? [])])
		.colorScheme(byThreshold())
		.colorMode(spec.filled ? BigValueColorMode.Background : BigValueColorMode.Value)
		.graphMode(spec.history ? BigValueGraphMode.Area : BigValueGraphMode.None)
		.textMode(severalNumbers ? BigValueTextMode.ValueAndName : BigValueTextMode.Value)
		.reduceOptions(latestValue())
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
				.showLegend(true)
				.calcs(["lastNotNull"]),
		)
	if (spec.shows.every((shown) => shown.measure !== "ratio" || spec.stacked)) panel.axisSoftMin(0)
	if (spec.stacked) panel.stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group("A"))
	if (spec.over) panel.timeFrom(spec.over)
	spec.shows.forEach((shown, index) => {
		if (shown.measure === spec.shows[0]?.measure) return
		panel.overrideByQuery(refId(index), [{ id: "custom.axisPlacement", value: AxisPlacement.Right }])
	})
	return panel
}
