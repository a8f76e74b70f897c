import { HeatmapCellLayout, TooltipDisplayMode } from "@grafana/grafana-foundation-sdk/common"
import {
	CellValuesBuilder,
	HeatmapColorMode,
	HeatmapColorOptionsBuilder,
	HeatmapTooltipBuilder,
	PanelBuilder,
	RowsHeatmapOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/heatmap"
import { applyCommon, type PanelDef, type PanelInfo } from "./panel.ts"
import type { Query } from "./query.ts"
import { UNITS } from "./units.ts"

interface Heatmap extends PanelInfo {
	/** One row for each label set, one cell for each step; the colour shows the value. */
	readonly shows: Query
	readonly over: string
}

/** Rows of cells over time, coloured by value. Grafana inverts the single-hue scheme in the dark theme. */
export function heatmap(spec: Heatmap): PanelDef {
	const shows = [spec.shows]
	const unit = UNITS[spec.shows.measure]
	return {
		...spec,
		shows,
		sql: [],
		build: () =>
			applyCommon(new PanelBuilder(), spec, shows)
				.calculate(false)
				.timeFrom(spec.over)
				.interval(spec.shows.step)
				.rowsFrame(new RowsHeatmapOptionsBuilder().layout(HeatmapCellLayout.Auto))
				.cellValues(new CellValuesBuilder().unit(unit))
				.cellGap(1)
				.color(new HeatmapColorOptionsBuilder().mode(HeatmapColorMode.Scheme).scheme("Oranges").steps(64).min(0))
				.tooltip(new HeatmapTooltipBuilder().mode(TooltipDisplayMode.Single).yHistogram(false))
				.showLegend(),
	}
}
