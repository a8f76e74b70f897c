import { randomUUID } from "node:crypto"
import type pg from "pg"
import type { LogRow, SpanRow } from "./rows.ts"

/** A row as JSON, with its time in seconds since the epoch. */
export interface WrittenRow {
	readonly at: number
	readonly json: string
}

/*
 * One statement a batch with one parameter, a list as JSON: the server makes the values of it, which costs this process
 * least. A row that exists already is left as it is, so that repeating a statement is harmless.
 */

const FACETS = "service, session, tool, server, model, attributes"
const FACET_TYPES = "service text, session text, tool text, server text, model text, attributes jsonb"

const SPANS = `insert into observatory.spans
	(started_at, trace_id, span_id, parent_span_id, name, kind, duration, failed, error, ${FACETS})
select to_timestamp(at), decode(trace, 'hex'), decode(span, 'hex'), decode(parent, 'hex'), name, kind, duration, failed, error, ${FACETS}
from json_to_recordset($1) as r(at float8, trace text, span text, parent text, name text, kind smallint, duration float8,
	failed boolean, error text, ${FACET_TYPES})
on conflict do nothing`

const LOG_RECORDS = `insert into observatory.log_records
	(recorded_at, id, trace_id, span_id, severity, failed, event, body, ${FACETS})
select to_timestamp(at), id, decode(trace, 'hex'), decode(span, 'hex'), severity, failed, event, body, ${FACETS}
from json_to_recordset($1) as r(at float8, id uuid, trace text, span text, severity smallint, failed boolean, event text,
	body text, ${FACET_TYPES})
on conflict do nothing`

/** Inserts spans and returns how many did not exist. */
export async function insertSpans(pool: pg.Pool, rows: readonly WrittenRow[]): Promise<number> {
	const { rowCount } = await pool.query({ name: "store spans", text: SPANS, values: [listOf(rows)] })
	return rowCount ?? 0
}

const listOf = (rows: readonly WrittenRow[]): string => `[${rows.map(({ json }) => json).join(",")}]`

export const writtenSpan = (row: SpanRow): WrittenRow => ({ at: row.at, json: JSON.stringify(row) })

/** Log records with ids; those of a batch follow each other, so that they meet few pages of the index. */
export function writtenLogs(rows: readonly LogRow[]): WrittenRow[] {
	const batch = randomUUID().slice(0, -8)
	return rows.map((row, i) => {
		const id = `${batch}${i.toString(16).padStart(8, "0")}`
		return { at: row.at, json: JSON.stringify({ ...row, id }) }
	})
}

/** Inserts log records and returns how many did not exist. */
export async function insertLogRecords(pool: pg.Pool, rows: readonly WrittenRow[]): Promise<number> {
	const { rowCount } = await pool.query({ name: "store logs", text: LOG_RECORDS, values: [listOf(rows)] })
	return rowCount ?? 0
}
