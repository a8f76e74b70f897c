import { HeatmapCellLayout, TooltipDisplayMode } from "@grafana/grafana-foundation-sdk/common"
import {
	CellValuesBuilder,
	HeatmapColorMode,
	HeatmapColorOptionsBuilder,
	HeatmapTooltipBuilder,
	PanelBuilder,
	RowsHeatmapOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/heatmap"
import { type About, dress, type PanelDef } from "./panel.ts"
import type { Shown } from "./shown.ts"
import { UNITS } from "./units.ts"

interface Heatmap extends About {
	/** One row for each label set that it returns, one cell for each step; the colour is its value. */
	readonly shows: Shown
	readonly over: string
}

/** Rows of cells over time, coloured by value. The single-hue scheme is turned round by Grafana in the dark theme. */
export function heatmap(spec: Heatmap): PanelDef {
	const shows = [spec.shows]
	const unit = UNITS[spec.shows.measure]
	return {
		...spec,
		shows,
		sql: [],
		build: () =>
			dress(new PanelBuilder(), spec, shows)
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
