import type pg from "pg"
import { partitionStart, type StoredTable } from "../../../exporters/sources/otlp/store/partitions.ts"

const PARTITION_MS = 6 * 3_600_000

/** Spans of a trace, and log records for each of four spans. */
const TRACE = 16
const SPANS_A_LOG_RECORD = 4

export interface TelemetryHistory {
	/** Milliseconds since the epoch. */
	readonly from: number
	readonly to: number
	readonly spans: number
}

/** Names of what rows have, by their number from 0, so that searches can ask for values that exist. */
export const named = {
	traceId: (i: string) => `md5('trace' || (${i}) / ${TRACE})`,
	/** 200 sessions at a time, each for 100,000 spans or so. */
	session: (i: string) => `'session-' || (${i}) / 1000000 || '-' || (${i}) / ${TRACE} % 200`,
	tool: (i: string) => `'tool-' || floor(sqrt((${i}) * 7919 % 1600))`,
	server: (i: string) => `'server-' || (${i}) % 7`,
}

/** An exponential distribution of 0.3 s; one in a thousand is a hundred times as long. */
const DURATION = "-ln(1 - random()) * case when random() < 0.001 then 30 else 0.3 end"
const FACETS = `'agent', ${named.session("i")}, case when i % 2 = 1 then ${named.tool("i")} end,
	case when i % 4 = 1 then ${named.server("i")} end, 'model-' || i % 3,
	jsonb_build_object('rpc.system', 'mcp', 'mcp.task_id', i, 'http.status', 200, 'user.id', 'user-' || i % 50)`
const spanId = (i: string) => `substring(decode(md5('span' || (${i})), 'hex') for 8)`

const SPANS = `insert into TABLE (started_at, trace_id, span_id, parent_span_id, name, kind, duration, failed, error,
	service, session, tool, server, model, attributes)
select timestamptz 'epoch' + ($1::float8 + i * $2::float8) * interval '1 ms', decode(${named.traceId("i")}, 'hex'), ${spanId("i")},
	case when i % ${TRACE} > 0 then ${spanId(`i - 1 - i % ${TRACE} / 2`)} end, 'mcp.' || (${named.server("i")}) || '.search', 3,
	${DURATION}, i % 97 = 0, case when i % 97 = 0 then 'connection refused' end, ${FACETS}
from generate_series($3::bigint, $4::bigint) as i`

const LOG_RECORDS = `insert into TABLE (recorded_at, id, trace_id, span_id, severity, failed, event, body,
	service, session, tool, server, model, attributes)
select timestamptz 'epoch' + ($1::float8 + i * $2::float8) * interval '1 ms', gen_random_uuid(), decode(${named.traceId("i")}, 'hex'), ${spanId("i")},
	case when i % 388 = 0 then 17 when i % 388 = 4 then 13 else 9 end, i % 388 = 0, 'claude_code.tool_result',
	'call ' || i || ' of ' || (${named.tool("i")}) || ' done', ${FACETS}
from generate_series($3::bigint, $4::bigint) as i where i % ${SPANS_A_LOG_RECORD} = 0`

/** Fills both tables evenly over the range: rows first and the indexes of a partition at once, which takes a tenth of the time. */
export async function fillTelemetry(pool: pg.Pool, { from, to, spans }: TelemetryHistory): Promise<void> {
	const step = (to - from) / spans
	for (let start = partitionStart(from); start < to; start += PARTITION_MS) {
		const first = Math.max(0, Math.ceil((start - from) / step))
		const last = Math.min(spans, Math.ceil((start + PARTITION_MS - from) / step)) - 1
		for (const [table, insert] of [
			["spans", SPANS],
			["log_records", LOG_RECORDS],
		] as const)
			await fillPartition(pool, table, start, insert, [from, step, first, last])
	}
	await pool.query("vacuum analyze observatory.spans, observatory.log_records")
}

async function fillPartition(
	pool: pg.Pool,
	table: StoredTable,
	start: number,
	insert: string,
	values: readonly number[],
): Promise<void> {
	const name = `observatory.${table}_${start}`
	const [low, high] = [start, start + PARTITION_MS].map((at) => new Date(at).toISOString())
	await pool.query(`create table ${name} (like observatory.${table})`)
	await pool.query(insert.replace("TABLE", name), [...values])
	await pool.query(
		`alter table observatory.${table} attach partition ${name} for values from ('${low}') to ('${high}')`,
	)
}
