import { promql } from "../../../core/catalogue/promql.ts"
import { mcpResponseTime } from "../../../core/catalogue/subjects/mcp.ts"
import type { PromQL } from "../../../core/catalogue/types.ts"
import { heatmap } from "../../kit/heatmap.ts"
import { formula } from "../../kit/shown.ts"
import { SYSTEM } from "../uids.ts"

/** Width of a cell; Grafana aligns points to it, so it is also how long a new server waits for its first cell. */
const CELL = "15m"
const DAYS = [0, 1, 2, 3, 4, 5, 6] as const

/** The same quarter of an hour on one of the last days, marked with the day so that the days can stand side by side. */
const onDay = (day: number): PromQL =>
	promql`label_replace(avg_over_time(${mcpResponseTime}[${CELL}]${day > 0 ? ` offset ${day}d` : ""}), "day", "${day}", "", "")`

const week = DAYS.map(onDay).reduce((sofar, day) => promql`${sofar} or ${day}`)

export const mcpHeatmap = heatmap({
	key: "mcp-heatmap",
	title: "MCP Server Performance",
	note: "Read across for the hour of the day, down for the server; darker is slower.",
	empty: "No requests to MCP servers yet",
	detail: SYSTEM,
	over: "24h",
	shows: formula(promql`avg by (server) (${week})`, {
		measure: "seconds",
		legend: "{{server}}",
		step: CELL,
		meaning: `Response time of each MCP server by the hour of the day, in cells of a quarter of an hour: the mean of that time of day over the last 7 days. ${mcpResponseTime.help}`,
	}),
})
