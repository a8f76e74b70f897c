import type { DynamicConfigValue } from "@grafana/grafana-foundation-sdk/dashboard"
import { TELEMETRY } from "../../kit/datasources.ts"
import { colouredText, linkToBoard, sqlTable } from "../../kit/tables.ts"
import { UNITS } from "../../kit/units.ts"
import { sqlText } from "../../kit/variables.ts"
import { LOGS, TRACES } from "../uids.ts"

const width = (pixels: number): DynamicConfigValue => ({ id: "custom.width", value: pixels })
const unit = (id: string, pixels: number): DynamicConfigValue[] => [{ id: "unit", value: id }, width(pixels)]
const time = [{ id: "unit", value: "dateTimeAsIso" }, width(165)]
const seconds = unit(UNITS.seconds, 85)
const toTrace = [linkToBoard("Show this trace", TRACES, "trace"), width(110)]
const toSession = [linkToBoard("Log records of this session", LOGS, "session"), width(110)]
const state = [...colouredText({ error: "red" }), width(70)]

/** A condition that holds where the field is empty; the planner drops it then. */
const matches = (column: string, name: string) => `(${sqlText(name)} = '' OR ${column} = ${sqlText(name)})`
const ERRORS_ONLY = `(${sqlText("show")} = 'all' OR failed)`
/** Null for what is no number. */
const LEAST = `substring(${sqlText("slower")} from '^[0-9]{1,6}(?:[.][0-9]{1,6})?$')::float8`
const SLOWER = `(${LEAST} IS NULL OR duration >= ${LEAST})`

export const SPAN_SEARCH = `
SELECT started_at AS "Started",
       name AS "Span",
       duration AS "Duration",
       CASE WHEN failed THEN 'error' ELSE '' END AS "State",
       service AS "Service",
       tool AS "Tool",
       server AS "Server",
       model AS "Model",
       session AS "Session",
       trace_id AS "Trace",
       error AS "Error"
FROM telemetry.spans
WHERE $__timeFilter(started_at)
  AND ${matches("session", "session")}
  AND ${matches("tool", "tool")}
  AND ${matches("server", "server")}
  AND ${SLOWER}
  AND ${ERRORS_ONLY}
ORDER BY started_at DESC
LIMIT 200`

/** Characters of the waterfall's bar. */
const BAR = 40

export const TRACE_WATERFALL = `
WITH RECURSIVE trace AS (
  SELECT span_id, parent_span_id, started_at, extract(epoch FROM started_at)::float8 AS start, coalesce(duration, 0) AS took,
         duration, name, failed, service, tool, server, model, error, attributes
  FROM telemetry.spans
  WHERE trace_key = telemetry.id_bytes(${sqlText("trace")}) AND $__timeFilter(started_at)
  ORDER BY started_at
  LIMIT 2000
), whole AS (
  SELECT min(start) AS start, greatest(max(start + took) - min(start), 0.000001) AS took FROM trace
), tree AS (
  SELECT span_id, 0 AS depth, ARRAY[to_char(start, 'FM0000000000.000000') || span_id] AS place
  FROM trace first
  WHERE NOT EXISTS (SELECT FROM trace parent WHERE parent.span_id = first.parent_span_id)
  UNION ALL
  SELECT child.span_id, depth + 1, place || (to_char(child.start, 'FM0000000000.000000') || child.span_id)
  FROM tree JOIN trace child ON child.parent_span_id = tree.span_id
  WHERE depth < 50
)
SELECT repeat('· ', depth) || name AS "Span",
       repeat('░', least(${BAR - 1}, floor((trace.start - whole.start) / whole.took * ${BAR}))::int)
         || repeat('█', greatest(1, least(${BAR}, ceil((trace.start + trace.took - whole.start) / whole.took * ${BAR}))::int
              - least(${BAR - 1}, floor((trace.start - whole.start) / whole.took * ${BAR}))::int)) AS "Waterfall",
       trace.start - whole.start AS "After",
       duration AS "Duration",
       CASE WHEN failed THEN 'error' ELSE '' END AS "State",
       service AS "Service",
       tool AS "Tool",
       server AS "Server",
       model AS "Model",
       error AS "Error",
       attributes::text AS "Attributes"
FROM tree JOIN trace USING (span_id) CROSS JOIN whole
ORDER BY place`

const LOG_COLUMNS = `recorded_at AS "Time",
       CASE WHEN failed AND level = 'none' THEN 'error' ELSE level END AS "Level",
       event AS "Event",
       body AS "Message",
       service AS "Service",
       tool AS "Tool",
       session AS "Session",
       trace_id AS "Trace",
       attributes::text AS "Attributes"`

export const TRACE_LOGS = `
SELECT ${LOG_COLUMNS}
FROM telemetry.log_records
WHERE trace_key = telemetry.id_bytes(${sqlText("trace")}) AND $__timeFilter(recorded_at)
ORDER BY recorded_at
LIMIT 500`

export const LOG_SEARCH = `
SELECT ${LOG_COLUMNS}
FROM telemetry.log_records
WHERE $__timeFilter(recorded_at)
  AND ${matches("session", "session")}
  AND (${sqlText("trace")} = '' OR trace_key = telemetry.id_bytes(${sqlText("trace")}))
  AND (${sqlText("text")} = '' OR strpos(lower(event || ' ' || coalesce(body, '')), lower(${sqlText("text")})) > 0)
  AND (${sqlText("show")} = 'all' OR failed OR (${sqlText("show")} = 'warnings' AND severity >= 13))
ORDER BY recorded_at DESC
LIMIT 500`

const logColumns = {
	Time: time,
	Level: [...colouredText({ error: "red", fatal: "dark-red", warning: "orange" }), width(75)],
	Event: [width(210)],
	Service: [width(110)],
	Tool: [width(110)],
	Session: toSession,
	Trace: toTrace,
}

export const spanSearch = sqlTable({
	key: "span-search",
	title: "Spans",
	source: TELEMETRY,
	note: "The 200 newest spans of the time range that match the fields above: a session, a tool, a server, a least duration in seconds, errors. A click on a trace shows it below; on a session, its log records.",
	empty: "No stored span matches in this time range",
	sql: SPAN_SEARCH,
	columns: {
		Started: time,
		Duration: seconds,
		State: state,
		Session: toSession,
		Trace: toTrace,
		Service: [width(120)],
		Tool: [width(120)],
		Server: [width(120)],
		Model: [width(120)],
	},
})

export const traceWaterfall = sqlTable({
	key: "trace-waterfall",
	title: "One Trace",
	source: TELEMETRY,
	note: "The spans of the trace whose id is in the field Trace, each below its parent, the first 2,000. The bar is the span's share of the trace's time. A span whose parent did not arrive is at the top.",
	empty: "Choose a trace above, or enter its id; it must lie in the time range",
	sql: TRACE_WATERFALL,
	columns: {
		Span: [width(300)],
		Waterfall: [width(380)],
		After: seconds,
		Duration: seconds,
		State: state,
		Service: [width(120)],
		Tool: [width(110)],
		Server: [width(110)],
		Model: [width(110)],
	},
})

export const traceLogs = sqlTable({
	key: "trace-logs",
	title: "Log Records of the Trace",
	source: TELEMETRY,
	note: "Log records that carry the id of the chosen trace, oldest first.",
	empty: "No log record carries the id of this trace",
	sql: TRACE_LOGS,
	columns: logColumns,
})

export const logSearch = sqlTable({
	key: "log-search",
	title: "Log Records",
	source: TELEMETRY,
	note: "The 500 newest log records of the time range that match the fields above. A click on a trace shows its spans. Prompts, answers and tool arguments are stored only where TELEMETRY_STORE_CONTENT is on.",
	empty: "No stored log record matches in this time range",
	sql: LOG_SEARCH,
	columns: logColumns,
})
