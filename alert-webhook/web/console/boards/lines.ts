import type { EChartsCoreOption } from "echarts/core"
import { cssColour, seriesColour } from "../../../domain/boards/colours.ts"
import { configOf } from "../../../domain/boards/fields.ts"
import type { FieldConfig, Panel } from "../../../domain/boards/model.ts"
import { formatValue } from "../../../domain/boards/units.ts"
import type { PanelData, Series } from "../../../workflows/boards/data.ts"
import { INK, LINE, type Size, SOFT } from "./svg.ts"

export type SeriesData = Extract<PanelData, { kind: "series" }>

const NAME_LENGTH = 44
const shortName = (name: string) => (name.length > NAME_LENGTH ? `${name.slice(0, NAME_LENGTH - 1)}…` : name)

interface Line {
	readonly series: Series
	readonly config: FieldConfig
	readonly right: boolean
}

/** Lines over time, as Grafana's time series panel draws them. */
export function linesOption(panel: Panel, data: SeriesData, size: Size): EChartsCoreOption {
	const lines = data.series.map((series): Line => {
		const config = configOf(panel, series)
		return { series, config, right: config.custom?.axisPlacement === "right" }
	})
	const hasRight = lines.some(({ right }) => right) && lines.some(({ right }) => !right)
	const all = lines.map(({ config, series }) => shortName(config.displayName ?? series.name))
	const showsLegend = panel.options.legend?.showLegend !== false
	const fitting = showsLegend ? fittingNames(all, size) : []
	const rest = showsLegend && fitting.length < all.length ? [`+${all.length - fitting.length} more`] : []
	const names = [...fitting, ...rest]
	const legendRows = rowsOf(names, size.width)
	return {
		grid: {
			left: 8,
			right: 14,
			top: 12,
			bottom: 8 + legendRows * 20,
			outerBoundsMode: "same",
			outerBoundsContain: "axisLabel",
		},
		...(showsLegend && {
			legend: {
				bottom: 0,
				left: 4,
				data: names,
				icon: "roundRect",
				itemWidth: 14,
				itemHeight: 4,
				itemGap: 12,
				textStyle: { color: SOFT, fontSize: 12 },
			},
		}),
		xAxis: {
			type: "time",
			min: data.from,
			max: data.to,
			axisLine: { lineStyle: { color: LINE } },
			axisTick: { show: false },
			splitLine: { show: false },
			axisLabel: { color: SOFT, fontSize: 11, hideOverlap: true },
			splitNumber: Math.max(2, Math.round(size.width / 140)),
		},
		yAxis: (hasRight ? [false, true] : [lines[0]?.right ?? false]).map((right) =>
			axis(
				lines.filter((line) => !hasRight || line.right === right),
				right,
				size,
			),
		),
		series: [
			...lines.map((line, i) => lineOption(line, i, data, hasRight)),
			...rest.map((name) => ({ type: "line", name, data: [], itemStyle: { color: LINE } })),
		],
	}
}

/** The first names, in at most a third of the picture. */
function fittingNames(names: readonly string[], { width, height }: Size): readonly string[] {
	const rows = Math.max(1, Math.floor((height * 0.34) / 20))
	if (rowsOf(names, width) <= rows) return names
	const counts = names.map((_, i) => i + 1)
	const most = counts.findLast((count) => rowsOf([...names.slice(0, count), "+99 more"], width) <= rows)
	return names.slice(0, most ?? 1)
}

/** Rows that a legend needs, by the width of its letters. */
function rowsOf(names: readonly string[], width: number): number {
	let [rows, x] = [names.length > 0 ? 1 : 0, 0]
	for (const name of names) {
		const own = 34 + name.length * 6.6
		if (x > 0 && x + own > width) [rows, x] = [rows + 1, 0]
		x += own
	}
	return rows
}

function axis(lines: readonly Line[], right: boolean, { height }: Size) {
	const configs = lines.map(({ config }) => config)
	const [first = {}] = configs
	const largest = (pick: (config: FieldConfig) => number | null | undefined) =>
		maxOf(configs.map(pick).filter((value) => typeof value === "number"))
	const smallest = (pick: (config: FieldConfig) => number | null | undefined) =>
		minOf(configs.map(pick).filter((value) => typeof value === "number"))
	const [min, max] = [smallest(({ min }) => min), largest(({ max }) => max)]
	const softMin = smallest(({ custom }) => custom?.axisSoftMin)
	const softMax = largest(({ custom }) => custom?.axisSoftMax)
	return {
		type: "value",
		position: right ? "right" : "left",
		scale: true,
		...(min === undefined
			? { min: (range: { min: number }) => (softMin === undefined ? undefined : Math.min(softMin, range.min)) }
			: { min }),
		...(max === undefined
			? {
					max: (range: { max: number }) =>
						softMax === undefined || range.max > softMax || !Number.isFinite(range.max)
							? Number.isFinite(range.max)
								? undefined
								: softMax
							: softMax,
				}
			: { max }),
		splitNumber: Math.max(2, Math.round(height / 70)),
		splitLine: { show: !right, lineStyle: { color: LINE } },
		axisLabel: { color: SOFT, fontSize: 11, formatter: (value: number) => formatValue(value, first.unit) },
	}
}

const maxOf = (values: readonly number[]) => (values.length > 0 ? Math.max(...values) : undefined)
const minOf = (values: readonly number[]) => (values.length > 0 ? Math.min(...values) : undefined)

function lineOption({ series, config, right }: Line, index: number, { step }: SeriesData, hasRight: boolean) {
	const fixed = config.color?.mode === "fixed" ? config.color.fixedColor : undefined
	const color = fixed === "text" ? INK : (cssColour(fixed) ?? seriesColour(index))
	const { lineStyle, lineWidth, fillOpacity, stacking, drawStyle } = config.custom ?? {}
	const dashed = lineStyle?.fill === "dash" || lineStyle?.fill === "dot"
	return {
		type: drawStyle === "bars" ? "bar" : "line",
		name: shortName(config.displayName ?? series.name),
		yAxisIndex: hasRight && right ? 1 : 0,
		data: withGaps(series, step),
		connectNulls: false,
		symbol: "circle",
		itemStyle: { color },
		lineStyle: { color, width: lineWidth ?? 2, ...(dashed && { type: lineStyle?.dash ?? [8, 8] }) },
		...((fillOpacity ?? 0) > 0 && { areaStyle: { color, opacity: (fillOpacity ?? 0) / 100 } }),
		...(stacking?.mode === "normal" && { stack: right ? "right" : "left" }),
	}
}

/** The points of a line, with a gap where steps are missing; a point between two gaps is drawn as a dot. */
export function withGaps({ points }: Pick<Series, "points">, step: number) {
	const values: { value: [number, number | null]; symbolSize: number }[] = []
	points.forEach(({ at, value }, i) => {
		const [before, after] = [points[i - 1]?.at, points[i + 1]?.at]
		const [starts, ends] = [isGap(before, at, step), isGap(at, after, step)]
		if (starts && before !== undefined) values.push({ value: [before + step, null], symbolSize: 0 })
		values.push({ value: [at, Number.isFinite(value) ? value : null], symbolSize: starts && ends ? 5 : 0 })
	})
	return values
}

const isGap = (from: number | undefined, to: number | undefined, step: number) =>
	from === undefined || to === undefined || to - from > step * 1.5

/** The history behind a large number: a line without axes. */
export function sparkOption({ series, step, from, to }: SeriesData, colour: string): EChartsCoreOption {
	return {
		grid: { left: 0, right: 0, top: 4, bottom: 0 },
		xAxis: { type: "time", show: false, min: from, max: to },
		yAxis: { type: "value", show: false, scale: true },
		series: series.map((one) => ({
			type: "line",
			data: withGaps(one, step),
			symbol: "circle",
			lineStyle: { color: colour, width: 1.5 },
			areaStyle: { color: colour, opacity: 0.15 },
		})),
	}
}
