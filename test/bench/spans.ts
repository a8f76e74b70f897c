import type pg from "pg"
import type { TimeRange } from "../../alert-webhook/domain/boards/range.ts"
import type { Scope } from "../../alert-webhook/domain/boards/variables.ts"
import { sqlOf } from "../../alert-webhook/workflows/boards/panel.ts"
import { createPool } from "../../core/db/client.ts"
import { migrate } from "../../core/db/migrate.ts"
import { LOG_SEARCH, SPAN_SEARCH, TRACE_LOGS, TRACE_WATERFALL } from "../../grafana/boards/panels/stored-telemetry.ts"
import { createDatabase, startPostgres } from "../support/postgres.ts"
import { ascending, count, median, ms, quantile, table, timed } from "./parts/figures.ts"
import { fillTelemetry, named } from "./parts/telemetry-history.ts"

const SPANS = 10_000_000
const DAY_MS = 86_400_000
/** Searches of a kind, each for another value. */
const TIMES = 20
/** What a search of a day may take at the 95th percentile. */
const MOST_MS = 300

type Values = Readonly<Record<string, string>>

interface Search {
	readonly what: string
	readonly statement: string
	readonly values: (row: Values) => Values
	/** Not of traces, so that no limit applies. */
	readonly unlimited?: boolean
}

const SEARCHES: readonly Search[] = [
	{ what: "the newest spans", statement: SPAN_SEARCH, values: () => ({}) },
	{ what: "of a session", statement: SPAN_SEARCH, values: ({ session = "" }) => ({ session }) },
	{ what: "of a tool", statement: SPAN_SEARCH, values: ({ tool = "" }) => ({ tool }) },
	{ what: "of a server", statement: SPAN_SEARCH, values: ({ server = "" }) => ({ server }) },
	{ what: "failed", statement: SPAN_SEARCH, values: () => ({ show: "errors" }) },
	{ what: "of 1 s and more", statement: SPAN_SEARCH, values: () => ({ slower: "1" }) },
	{ what: "of 2.5 s and more", statement: SPAN_SEARCH, values: () => ({ slower: "2.5" }) },
	{ what: "of 60 s and more", statement: SPAN_SEARCH, values: () => ({ slower: "60" }) },
	{ what: "of a tool, failed", statement: SPAN_SEARCH, values: ({ tool = "" }) => ({ tool, show: "errors" }) },
	{ what: "of a tool, 2.5 s and more", statement: SPAN_SEARCH, values: ({ tool = "" }) => ({ tool, slower: "2.5" }) },
	{
		what: "of a server, 60 s and more",
		statement: SPAN_SEARCH,
		values: ({ server = "" }) => ({ server, slower: "60" }),
	},
	{
		what: "of a session, failed, 1 s and more",
		statement: SPAN_SEARCH,
		values: ({ session = "" }) => ({ session, show: "errors", slower: "1" }),
	},
	{ what: "of a tool that does not exist", statement: SPAN_SEARCH, values: () => ({ tool: "none" }) },
	{
		what: "of a server, failed, 2.5 s and more",
		statement: SPAN_SEARCH,
		values: ({ server = "" }) => ({ server, show: "errors", slower: "2.5" }),
	},
	{ what: "one trace as a waterfall", statement: TRACE_WATERFALL, values: ({ trace = "" }) => ({ trace }) },
	{ what: "log records of a trace", statement: TRACE_LOGS, values: ({ trace = "" }) => ({ trace }) },
	{ what: "the newest log records", statement: LOG_SEARCH, values: () => ({}) },
	{ what: "log records of a session", statement: LOG_SEARCH, values: ({ session = "" }) => ({ session }) },
	{ what: "warnings and errors", statement: LOG_SEARCH, values: () => ({ show: "warnings" }) },
	{ what: "errors of a session", statement: LOG_SEARCH, values: ({ session = "" }) => ({ session, show: "errors" }) },
	{ what: "a text that is frequent", statement: LOG_SEARCH, values: ({ tool = "" }) => ({ text: tool }) },
	{
		what: "a text that does not exist",
		statement: LOG_SEARCH,
		values: () => ({ text: "no such text" }),
		unlimited: true,
	},
]

const DEFAULTS: Values = { session: "", tool: "", server: "", slower: "", show: "all", trace: "", text: "" }

/** Values of the board's fields as its statements see them. */
function scopeOf(values: Values): Scope {
	const fields = Object.entries({ ...DEFAULTS, ...values })
	return Object.fromEntries(
		fields.map(([name, value]) => {
			const variable = { name, type: "textbox", regex: "", multi: false, includeAll: false, options: [] }
			return [name, { variable, options: [value], values: [value] }]
		}),
	)
}

/** Measures the searches of the boards Trace Explorer and Log Viewer, within a day of so many spans. */
export async function run({ rows = [SPANS] }: { rows?: readonly number[] } = {}): Promise<boolean> {
	let fast = true
	for (const spans of rows) fast = (await measure(spans)) && fast
	return fast
}

async function measure(spans: number): Promise<boolean> {
	const postgres = await startPostgres()
	const url = await createDatabase(postgres.url())
	await migrate(url)
	const pool = createPool(url, { applicationName: "bench", max: 2, statementTimeoutMs: 1_200_000 })
	try {
		const to = Date.now()
		const range = { from: to - DAY_MS, to }
		const filled = await timed(() => fillTelemetry(pool, { ...range, spans }))
		const { rows } = await pool.query<{ bytes: string }>(
			`select sum(pg_total_relation_size(inhrelid)) as bytes from pg_inherits
			where inhparent in ('observatory.spans'::regclass, 'observatory.log_records'::regclass)`,
		)
		console.log(
			`\n${count(spans)} spans and a quarter as many log records in 24 hours: ${(Number(rows[0]?.bytes) / 2 ** 30).toFixed(1)} GiB with indexes, filled in ${Math.round(filled / 1_000)} s\n`,
		)
		return await search(pool, range, spans)
	} finally {
		await pool.end()
		await postgres.remove()
	}
}

/** True when no search takes longer than it may. */
async function search(pool: pg.Pool, range: TimeRange, spans: number): Promise<boolean> {
	const known = await Promise.all(
		Array.from({ length: TIMES }, (_, n) => valuesOf(pool, Math.floor(((n + 0.5) * spans) / TIMES))),
	)
	const lines: string[][] = [["search", "rows", "p50", "p95", "slowest"]]
	let fast = true
	for (const { what, statement, values, unlimited } of SEARCHES) {
		const durations: number[] = []
		let found = 0
		for (const row of known) {
			const sql = sqlOf(statement, range, scopeOf(values(row)))
			durations.push(await timed(async () => (found = (await pool.query(sql)).rows.length)))
		}
		const sorted = ascending(durations)
		const p95 = quantile(sorted, 0.95)
		fast &&= unlimited || p95 < MOST_MS
		lines.push([what, String(found), ms(median(sorted)), ms(p95), ms(sorted.at(-1) ?? Number.NaN)])
	}
	console.log(table(lines))
	console.log(`\nevery search of a day within ${MOST_MS} ms at p95, but for a text that does not exist: ${fast}`)
	return fast
}

/** What a row of the history has. */
async function valuesOf(pool: pg.Pool, i: number): Promise<Values> {
	const odd = String(i - (i % 4) + 1)
	const { session, tool, server, traceId } = named
	const { rows } = await pool.query(
		`select ${session(odd)} as session, ${tool(odd)} as tool, ${server(odd)} as server, ${traceId(odd)} as trace`,
	)
	return rows[0]
}
