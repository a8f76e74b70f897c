import { cssColour } from "../../../domain/boards/colours.ts"
import { shownValue } from "../../../domain/boards/fields.ts"
import type { Panel } from "../../../domain/boards/model.ts"
import type { PanelData } from "../../../workflows/boards/data.ts"
import { linesOption, type SeriesData, sparkOption } from "./lines.ts"
import { barGaugeOption, gaugeOption, heatmapOption, numberOf, stateTimelineOption } from "./shapes.ts"
import { drawSvg, type Size, wordsSvg } from "./svg.ts"

/** The two widths of pictures: on a page, and on a phone. */
export const WIDTHS = ["wide", "narrow"] as const
export type Width = (typeof WIDTHS)[number]

const PAGE_WIDTH = 1_380
const PHONE_WIDTH = 358
const ROW = 38
const TITLE = 44

/** The least height of a picture on a phone, where it does not have to fit into a grid. */
const LEAST: Readonly<Record<string, number>> = { stat: 40, gauge: 130 }

/** The size of a panel's picture. */
export function sizeOf({ gridPos, type }: Panel, width: Width): Size {
	const height = Math.max(40, gridPos.h * ROW - TITLE)
	if (width === "narrow") return { width: PHONE_WIDTH, height: Math.min(Math.max(height, LEAST[type] ?? 160), 320) }
	return { width: Math.round((gridPos.w / 24) * PAGE_WIDTH) - 24, height }
}

const DRAWN: Readonly<Record<string, (panel: Panel, data: SeriesData, size: Size) => Parameters<typeof drawSvg>[0]>> = {
	timeseries: linesOption,
	graph: linesOption,
	gauge: gaugeOption,
	bargauge: barGaugeOption,
	heatmap: heatmapOption,
	"state-timeline": stateTimelineOption,
	stat: (panel, data) => {
		const [first] = data.series
		const { value, config } = first ? numberOf(panel, first) : { value: undefined, config: {} }
		return sparkOption(data, cssColour(shownValue(value, config, data.to).color) ?? "#5794f2")
	},
}

/** Whether panels of a type are pictures. */
export const isDrawn = (type: string): boolean => type !== "stat" && type in DRAWN

/** Whether a panel has a value to show at all. */
export const hasValues = (data: SeriesData): boolean =>
	data.series.some(({ points }) => points.some(({ value }) => !Number.isNaN(value)))

/** A panel as an SVG picture, or its reason for being empty in words. */
export function pictureOf(panel: Panel, data: PanelData, width: Width): string {
	const size = sizeOf(panel, width)
	const draw = DRAWN[panel.type]
	if (data.kind === "problem") return wordsSvg(data.message, size)
	if (data.kind === "elsewhere") return wordsSvg(data.reason, size)
	if (data.kind !== "series" || !draw) return wordsSvg("This panel is no picture; the board's page shows it.", size)
	if (!hasValues(data)) return wordsSvg(panel.fieldConfig.defaults.noValue ?? "No data", size)
	const svg = drawSvg(draw(panel, data, size), size, panel.title)
	// The history behind a number fills its place, whatever its shape.
	return panel.type === "stat" ? svg.replace("<svg ", '<svg preserveAspectRatio="none" ') : svg
}
