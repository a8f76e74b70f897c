import { panelsOf, parseBoard } from "../../../domain/boards/model.ts"
import type { IncidentGraph } from "../../../workflows/boards/incident-graph.ts"
import { linesOption } from "./lines.ts"
import { hasValues, type Width } from "./picture.ts"
import { drawSvg, INK, type Size, wordsSvg } from "./svg.ts"

const RED = "#e02f44"
const GREEN = "#37872d"

/** The size of an incident's graph. */
export const graphSize = (width: Width): Size => ({ width: width === "wide" ? 880 : 358, height: 240 })

interface Marks {
	readonly alertname: string
	readonly startsAt: Date
	readonly endsAt: Date | null
}

/** The values behind an incident, with the alert's limit and the times at which it fired and was resolved. */
export function incidentPicture(graph: IncidentGraph | string, incident: Marks, width: Width): string {
	const size = graphSize(width)
	if (typeof graph === "string") return wordsSvg(graph, size)
	const { data, limit } = graph
	if (!hasValues(data)) return wordsSvg("Prometheus has no values of this alert's expression for that time.", size)
	const times = [
		{ at: incident.startsAt, text: "fired", color: RED },
		...(incident.endsAt ? [{ at: incident.endsAt, text: "resolved", color: GREEN }] : []),
	]
	const line = (color: string, formatter: string) => ({
		lineStyle: { color, width: 1.5, type: "dashed" },
		label: { formatter, color: INK, fontSize: 12, position: "insideEndTop" },
	})
	const option = linesOption(panelFor(limit?.value), data, size)
	const marks = [
		...times
			.filter(({ at }) => at.getTime() <= data.to)
			.map(({ at, text, color }) => ({ xAxis: at.getTime(), ...line(color, text) })),
		...(limit ? [{ yAxis: limit.value, ...line(RED, limit.text) }] : []),
	]
	const markLine = { silent: true, symbol: "none", data: marks }
	const series = [...(option.series as object[]), { type: "line", data: [], markLine }]
	return drawSvg({ ...option, series }, size, `The values behind ${incident.alertname}`)
}

/** A panel whose axis reaches from 0 to beyond the limit. */
function panelFor(limit: number | undefined) {
	const soft =
		limit === undefined ? {} : { axisSoftMin: Math.min(0, limit * 1.15), axisSoftMax: Math.max(0, limit * 1.15) }
	const fieldConfig = { defaults: { custom: { fillOpacity: 8, lineWidth: 2, ...soft } } }
	const panels = [{ id: 1, type: "timeseries", gridPos: { x: 0, y: 0, w: 24, h: 8 }, fieldConfig }]
	const [panel] = panelsOf(parseBoard({ uid: "incident", title: "", panels }, ""))
	if (!panel) throw new TypeError("the panel of an incident's graph is missing")
	return panel
}
