import type { CustomSeriesRenderItemAPI, CustomSeriesRenderItemParams } from "echarts"
import { type EChartsCoreOption, graphic } from "echarts/core"
import { cssColour, inkOn, seriesColour } from "../../../domain/boards/colours.ts"
import { configOf, shownValue } from "../../../domain/boards/fields.ts"
import type { FieldConfig, Panel } from "../../../domain/boards/model.ts"
import { reduced } from "../../../domain/boards/reduce.ts"
import { formatValue } from "../../../domain/boards/units.ts"
import type { Series } from "../../../workflows/boards/data.ts"
import type { SeriesData } from "./lines.ts"
import { INK, LINE, SHEET, type Size, SOFT } from "./svg.ts"

/** A series' number, with its configuration. */
export function numberOf(
	panel: Panel,
	series: Series,
): { readonly value: number | undefined; readonly config: FieldConfig } {
	const value = reduced(
		series.points.map((point) => point.value),
		panel.options.reduceOptions?.calcs[0],
	)
	return { value, config: configOf(panel, series) }
}

/** Dials, one for each series; the rim has the colours of the thresholds. */
export function gaugeOption(panel: Panel, { series, to }: SeriesData, { width, height }: Size): EChartsCoreOption {
	const share = 100 / Math.max(1, series.length)
	return {
		series: series.flatMap((one, i) => {
			const { value, config } = numberOf(panel, one)
			const [min, max] = [config.min ?? 0, config.max ?? 100]
			const shown = shownValue(value, config, to)
			const color = cssColour(shown.color) ?? INK
			const radius = Math.min(width / series.length, height * 1.15) * 0.46
			const rim = [...(config.thresholds?.steps ?? [])].map((step, at, steps): [number, string] => [
				clamp(((steps[at + 1]?.value ?? max) - min) / (max - min)),
				cssColour(step.color) ?? INK,
			])
			const common = {
				type: "gauge",
				center: [`${share * (i + 0.5)}%`, "58%"],
				startAngle: 210,
				endAngle: -30,
				min,
				max,
				pointer: { show: false },
				axisTick: { show: false },
				splitLine: { show: false },
				axisLabel: { show: false },
			}
			return [
				{
					...common,
					radius,
					axisLine: { lineStyle: { width: radius * 0.24, color: [[1, LINE]] } },
					progress: { show: true, width: radius * 0.24, itemStyle: { color } },
					data: [{ value: value ?? min, name: series.length > 1 ? one.name : "" }],
					title: { offsetCenter: [0, "62%"], color: SOFT, fontSize: 12 },
					detail: {
						offsetCenter: [0, "10%"],
						formatter: () => shown.text,
						color: shown.color === "text" ? SOFT : color,
						fontSize: Math.min(32, (radius * 1.9) / Math.max(4, shown.text.length)),
						fontWeight: 600,
					},
				},
				{
					...common,
					radius: radius * 1.08,
					axisLine: { lineStyle: { width: radius * 0.05, color: rim.length > 0 ? rim : [[1, LINE]] } },
					detail: { show: false },
					data: [],
				},
			]
		}),
	}
}

const clamp = (share: number) => Math.min(1, Math.max(0, share))

/** Bars from the left, one for each series. */
export function barGaugeOption(panel: Panel, { series, to }: SeriesData): EChartsCoreOption {
	const rows = series.map((one) => ({ name: one.name, ...numberOf(panel, one) }))
	const most = rows[0]?.config.max ?? Math.max(1e-9, ...rows.map(({ value }) => value ?? 0))
	return {
		grid: { left: 8, right: 80, top: 4, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
		xAxis: { type: "value", show: false, min: rows[0]?.config.min ?? 0, max: most },
		yAxis: {
			type: "category",
			inverse: true,
			data: rows.map(({ name }) => name),
			axisLine: { show: false },
			axisTick: { show: false },
			axisLabel: { color: SOFT, fontSize: 12, width: 160, overflow: "truncate" },
		},
		series: [
			{
				type: "bar",
				barMaxWidth: 26,
				showBackground: true,
				backgroundStyle: { color: LINE },
				data: rows.map(({ value, config }) => {
					const shown = shownValue(value, config, to)
					return {
						value: value ?? 0,
						itemStyle: { color: cssColour(shown.color) ?? seriesColour(0) },
						label: { show: true, position: "right", formatter: () => shown.text, color: INK, fontSize: 13 },
					}
				}),
			},
		],
	}
}

const ORANGES = ["#fff5eb", "#fdd0a2", "#fdae6b", "#f16913", "#d94801", "#8c2d04"]

/** Rows of cells over time; the colour shows the value. */
export function heatmapOption(
	panel: Panel,
	{ series, from, to, step }: SeriesData,
	{ width }: Size,
): EChartsCoreOption {
	const start = Math.floor(from / step) * step
	const columns = Math.floor((Math.floor(to / step) * step - start) / step) + 1
	const { color, cellValues, filterValues } = panel.options
	// Grafana leaves out cells with values up to this one.
	const isShown = (value: number) => Number.isFinite(value) && value > (filterValues?.le ?? Number.NEGATIVE_INFINITY)
	const values = series.flatMap(({ points }) => points.map(({ value }) => value)).filter(isShown)
	const unit = cellValues?.unit ?? panel.fieldConfig.defaults.unit
	const [min, max] = [color?.min ?? Math.min(...values), color?.max ?? Math.max(0, ...values)]
	return {
		grid: { left: 8, right: 12, top: 8, bottom: 44, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
		xAxis: {
			type: "category",
			data: Array.from({ length: columns }, (_, i) => clockTime(start + i * step)),
			axisLine: { lineStyle: { color: LINE } },
			axisTick: { show: false },
			axisLabel: { color: SOFT, fontSize: 11, interval: Math.ceil(columns / Math.max(2, width / 90)) },
		},
		yAxis: {
			type: "category",
			data: series.map(({ name }) => name),
			axisLine: { show: false },
			axisTick: { show: false },
			axisLabel: { color: SOFT, fontSize: 12, width: 130, overflow: "truncate" },
		},
		visualMap: {
			min,
			max: max > min ? max : min + 1,
			calculable: false,
			orient: "horizontal",
			left: "center",
			bottom: 0,
			itemWidth: 10,
			itemHeight: Math.min(220, width * 0.4),
			text: [formatValue(max, unit), formatValue(min, unit)],
			textStyle: { color: SOFT, fontSize: 11 },
			inRange: { color: ORANGES },
		},
		series: [
			{
				type: "heatmap",
				itemStyle: { borderColor: SHEET, borderWidth: 1 },
				data: series.flatMap(({ points }, row) =>
					points
						.filter(({ value }) => isShown(value))
						.map(({ at, value }) => [Math.round((at - start) / step), row, value]),
				),
			},
		],
	}
}

const clockTime = (at: number) => new Date(at).toISOString().slice(11, 16)

interface Span {
	readonly row: number
	readonly from: number
	readonly to: number
	readonly text: string
	readonly color: string
}

/** One row for each series; a bar for each time in which its value stays the same. */
export function stateTimelineOption(panel: Panel, data: SeriesData): EChartsCoreOption {
	const colours = new Map<string, string>()
	const spans = data.series.flatMap((series, row) => spansOf(panel, data, series, row, colours))
	return {
		grid: { left: 8, right: 12, top: 8, bottom: 8, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
		xAxis: {
			type: "time",
			min: data.from,
			max: data.to,
			axisLine: { lineStyle: { color: LINE } },
			splitLine: { show: false },
			axisLabel: { color: SOFT, fontSize: 11, hideOverlap: true },
		},
		yAxis: {
			type: "category",
			inverse: true,
			data: data.series.map(({ name }) => name),
			axisLine: { show: false },
			axisTick: { show: false },
			axisLabel: { color: SOFT, fontSize: 12, width: 130, overflow: "truncate" },
		},
		series: [
			{
				type: "custom",
				data: spans.map(({ row, from, to }) => [row, from, to]),
				encode: { x: [1, 2], y: 0 },
				renderItem: (params: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI) =>
					bar(spans[params.dataIndex] as Span, params, api),
			},
		],
	}
}

function spansOf(
	panel: Panel,
	{ step, to }: SeriesData,
	series: Series,
	row: number,
	colours: Map<string, string>,
): Span[] {
	const config = configOf(panel, series)
	const spans: { row: number; from: number; to: number; text: string; color: string }[] = []
	for (const { at, value } of series.points) {
		const shown = shownValue(value, config, to)
		const last = spans.at(-1)
		if (last && last.text === shown.text && at - last.to < step * 0.5) {
			last.to = Math.min(to, at + step)
			continue
		}
		const own = cssColour(shown.color) ?? colours.get(shown.text) ?? seriesColour(colours.size)
		colours.set(shown.text, own)
		spans.push({ row, from: at, to: Math.min(to, at + step), text: shown.text, color: own })
	}
	return spans
}

function bar(span: Span, params: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI) {
	const [[x = 0, y = 0], [end = 0]] = [api.coord([span.from, span.row]), api.coord([span.to, span.row])] as [
		number[],
		number[],
	]
	const size = api.size?.([0, 1])
	const height = (Array.isArray(size) ? (size[1] ?? 0) : 0) * 0.78
	const area = params.coordSys as unknown as { x: number; y: number; width: number; height: number }
	const shape = graphic.clipRectByRect({ x, y: y - height / 2, width: Math.max(1, end - x), height }, area)
	if (!shape) return { type: "group" as const, children: [] }
	const fits = shape.width > span.text.length * 7 + 8
	return {
		type: "rect" as const,
		shape,
		style: { fill: span.color },
		...(fits && {
			textContent: { style: { text: span.text, fill: inkOn(span.color), fontSize: 12 } },
			textConfig: { position: "inside" as const },
		}),
	}
}
