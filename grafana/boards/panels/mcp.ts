import { promql } from "../../../core/catalogue/promql.ts"
import { mcpResponseTime, mcpServerStatus } from "../../../core/catalogue/subjects/mcp.ts"
import type { PromQL } from "../../../core/catalogue/types.ts"
import { heatmap } from "../../kit/heatmap.ts"
import { formula } from "../../kit/query.ts"
import { SYSTEM } from "../uids.ts"

/** Width of a cell; Grafana aligns points to it, so it is also how long a new server waits for its first cell. */
const CELL = "15m"
const DAYS = [0, 1, 2, 3, 4, 5, 6] as const

/** The same quarter of an hour on one of the last days, labelled with the day so that the days do not collide. */
const onDay = (day: number): PromQL =>
	promql`label_replace(avg_over_time(${mcpResponseTime}[${CELL}]${day > 0 ? ` offset ${day}d` : ""}), "day", "${day}", "", "")`

const week = DAYS.map(onDay).reduce((sofar, day) => promql`${sofar} or ${day}`)

const measured = promql`avg by (server) (${week})`

/**
 * Zero, which is drawn as no cell, for every server that is configured or has been asked in these 7 days. Grafana's
 * heatmap throws on an empty answer and takes the width of a cell from the first two columns: it wants every row and
 * every column to be there. `@ end()` gives the same rows in every column.
 */
const rows = promql`0 * (max by (server) (${mcpServerStatus} @ end()) or max by (server) (last_over_time(${mcpResponseTime}[7d] @ end())))`

/** The only row where no server is known. */
const placeholder = promql`label_replace(vector(0), "server", "no server yet", "", "")`

export const mcpHeatmap = heatmap({
	key: "mcp-heatmap",
	title: "MCP Server Performance",
	note: "Read across for the hour of the day, down for the server; the scale below says which colour is slow. A row without cells is a server without requests.",
	empty: "No requests to MCP servers yet",
	detail: SYSTEM,
	over: "24h",
	shows: formula(promql`${measured} or ${rows} or on () ${placeholder}`, {
		measure: "seconds",
		legend: "{{server}}",
		step: CELL,
		meaning: `Response time of each MCP server by the hour of the day, in cells of a quarter of an hour: the mean of that time of day over the last 7 days. ${mcpResponseTime.help}`,
	}),
})
