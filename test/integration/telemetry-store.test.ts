import { readFileSync } from "node:fs"
import pg from "pg"
import { beforeAll, describe, expect, inject, it, onTestFinished } from "vitest"
import { createPool } from "../../core/db/client.ts"
import { manualClock } from "../../core/lib/clock.ts"
import { silentLogger } from "../../core/lib/log.ts"
import { MetricRegistry } from "../../core/metrics/registry.ts"
import { createOtlpReceiver } from "../../exporters/sources/otlp/receiver.ts"
import type { Retention } from "../../exporters/sources/otlp/store/partitions.ts"
import { createTelemetryStore } from "../../exporters/sources/otlp/store/store.ts"
import { parseSamples } from "../support/exporter.ts"
import { gatewayTo } from "../support/gateway.ts"
import { migratedDatabase } from "../support/template-database.ts"

const NOW = Date.parse("2026-11-30T15:00:00Z")
const HOUR = 3_600_000
const nanos = (ms: number) => `${ms}000000`
const TRACE = "0af7651916cd43dd8448eb211c80319c"
const idOf = (n: number) => (n + 1).toString(16).padStart(16, "0")
const attributes = (given: Record<string, string>) =>
	Object.entries(given).map(([key, stringValue]) => ({ key, value: { stringValue } }))
const span = (n: number, at = NOW, given: Record<string, string> = {}) => ({
	traceId: TRACE,
	spanId: idOf(n),
	name: "mcp.files.read",
	kind: 3,
	startTimeUnixNano: nanos(at),
	endTimeUnixNano: nanos(at + 250),
	attributes: attributes({ "session.id": "one", ...given }),
})
const traces = (spans: unknown[]) => ({ resourceSpans: [{ scopeSpans: [{ spans }] }] })
const logs = (logRecords: unknown[]) => ({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] })

let url: string
let database: pg.Pool
beforeAll(async () => {
	url = await migratedDatabase(inject("postgresUrl"))
	database = new pg.Pool({ connectionString: url, max: 2 })
	return () => database.end()
})

interface Own {
	readonly databaseUrl?: string
	readonly retention?: Retention
	readonly content?: boolean
	readonly records?: number
}

async function start({ databaseUrl = url, retention, content = false, records = 50_000 }: Own = {}) {
	await database.query("truncate observatory.spans, observatory.log_records")
	const clock = manualClock(NOW)
	const telemetry = new MetricRegistry({ ownGroup: "health", clock })
	const pool = createPool(databaseUrl, { applicationName: "test", max: 4, statementTimeoutMs: 5_000 })
	const parts = { telemetry, log: silentLogger, clock }
	const keep = retention ?? { days: 7, bytes: 2 ** 40 }
	const store = createTelemetryStore({ ...parts, pool, content, retention: keep, limits: { records } })
	const receiver = await createOtlpReceiver({ ...parts, listen: { host: "127.0.0.1", port: 0 }, zeroHoldMs: 0, store })
	onTestFinished(async () => {
		await receiver.close()
		await store.close()
		await pool.end()
	})
	const samples = async () => parseSamples(await telemetry.exposeAll())
	return {
		clock,
		store,
		async send(signal: "traces" | "logs", document: unknown) {
			const response = await fetch(`${receiver.url}/v1/${signal}`, {
				method: "POST",
				headers: { "content-type": "application/json" },
				body: JSON.stringify(document),
			})
			expect(response.status).toBe(200)
			await receiver.drained()
		},
		gauge: async (name: string) => (await samples()).get(`autonomous_telemetry_store_${name}`),
		/** Counts by series, and by reason where there is one; zeros left out. */
		async counts(signal: "span" | "log_record" = "span"): Promise<Record<string, number>> {
			const counts: Record<string, number> = {}
			for (const [series, value] of await samples()) {
				const [, what = "", labels = ""] = /^autonomous_telemetry_store_(\w+)_total\{(.*)\}$/.exec(series) ?? []
				if (!labels.includes(`signal="${signal}"`) || value === 0) continue
				const [, reason] = /reason="(\w+)"/.exec(labels) ?? []
				counts[reason === undefined ? what : `${what} ${reason}`] = value
			}
			return counts
		},
	}
}
const count = async (table: string) =>
	Number((await database.query(`select count(*) from observatory.${table}`)).rows[0].count)

const fixture = (name: string) =>
	JSON.parse(readFileSync(new URL(`../fixtures/claude-code/2.1.332/${name}.json`, import.meta.url), "utf8"))

describe("the store", () => {
	it("keeps what Claude Code sends, with what it is searched by, and content only where that is switched on", async () => {
		for (const content of [false, true]) {
			const { send, store, counts } = await start({ content })
			await send("traces", fixture("traces"))
			await send("logs", fixture("logs"))
			await store.drained()
			for (const [signal, table] of [
				["span", "spans"],
				["log_record", "log_records"],
			] as const) {
				const stored = await count(table)
				expect(stored).toBeGreaterThan(0)
				expect(await counts(signal)).toEqual({ received: stored, stored })
			}
			const { rows } = await database.query(
				"select attributes from telemetry.log_records where event in ('claude_code.user_prompt', 'claude_code.tool_result') and session is not null",
			)
			expect(rows.length).toBeGreaterThan(0)
			expect(rows.some((row) => "prompt" in row.attributes || "tool_input" in row.attributes)).toBe(content)
		}
	})

	it("has ids in hex and in bytes, times, durations and texts as they were sent", async () => {
		const { send, store } = await start()
		const failed = { ...span(2, NOW + 10), parentSpanId: idOf(1), status: { code: 2, message: "gone" } }
		await send("traces", traces([span(1), failed]))
		const record = { timeUnixNano: nanos(NOW), traceId: TRACE, spanId: idOf(2), severityNumber: 13 }
		await send("logs", logs([{ ...record, body: { stringValue: "slow" } }]))
		await store.drained()
		const { rows } = await database.query(
			"select * from telemetry.spans where trace_key = telemetry.id_bytes($1) order by started_at",
			[TRACE],
		)
		expect(rows).toMatchObject([
			{
				trace_id: TRACE,
				parent_span_id: null,
				kind: "client",
				duration: 0.25,
				failed: false,
				session: "one",
				tool: "read",
			},
			{ span_id: idOf(2), parent_span_id: idOf(1), failed: true, error: "gone", server: "files" },
		])
		expect(rows[1].started_at).toEqual(new Date(NOW + 10))
		const found = await database.query("select level, body, trace_id, span_id from telemetry.log_records")
		expect(found.rows).toEqual([{ level: "warning", body: "slow", trace_id: TRACE, span_id: idOf(2) }])
		const { rows: wrong } = await database.query("select telemetry.id_bytes('x') as id")
		expect(wrong).toEqual([{ id: null }])
	})

	it("counts what it does not keep: sent twice, too old, of the future, without ids", async () => {
		const { send, store, counts } = await start()
		const odd = [span(1, NOW - 8 * 24 * HOUR), span(2, NOW + 2 * HOUR), { ...span(3), traceId: "" }]
		await send("traces", traces([span(0), span(0), ...odd]))
		await store.drained()
		expect(await counts()).toEqual({
			received: 5,
			stored: 1,
			"filtered duplicate": 1,
			"filtered outside_retention": 2,
			"filtered no_id": 1,
		})
	})

	it("loses nothing that fits into its buffer while the database is away, and counts the rest, to the unit", async () => {
		const gateway = await gatewayTo(url)
		onTestFinished(() => gateway.close())
		const { send, store, counts } = await start({ databaseUrl: gateway.url, records: 3_000 })
		await send("traces", traces(Array.from({ length: 1_500 }, (_, n) => span(n))))
		gateway.become("refuse")
		for (let batch = 1; batch <= 3; batch++)
			await send("traces", traces(Array.from({ length: 1_500 }, (_, n) => span(1_500 * batch + n))))
		const during = await counts()
		expect(during.received).toBe(6_000)
		expect(during["dropped buffer_full"]).toBeGreaterThanOrEqual(1_500)
		gateway.become("pass")
		await store.drained()
		const { received, stored = 0, "dropped buffer_full": dropped = 0, ...others } = await counts()
		expect({ received, others }).toEqual({ received: stored + dropped, others: {} })
		expect(await count("spans")).toBe(stored)
	})

	it("drops partitions that are too old or too large together, oldest first, and never the current one", async () => {
		const { send, store, counts, clock, gauge } = await start({ retention: { days: 2, bytes: 2 ** 40 } })
		await send("traces", traces([span(0), span(1, NOW - 40 * HOUR), span(2, NOW - 20 * HOUR)]))
		await store.drained()
		clock.advance(24 * HOUR)
		await store.expire()
		const { stored, "partitions_dropped age": dropped = 0 } = await counts()
		expect(stored).toBe(3)
		expect(dropped).toBeGreaterThanOrEqual(1)
		expect(await count("spans")).toBe(2)
		expect(await gauge("limit_bytes")).toBe(2 ** 40)
		// 40 hours before is too old now; 20 hours before is in the partition that began at 18:00.
		expect(await gauge('oldest_timestamp_seconds{signal="span"}')).toBe(Date.parse("2026-11-29T18:00:00Z") / 1_000)

		// An empty partition takes more than one byte.
		const small = await start({ retention: { days: 2, bytes: 1 } })
		await small.store.expire()
		await small.send("traces", traces([span(7)]))
		expect((await small.counts())["dropped over_limit"]).toBe(1)
		expect((await small.counts())["partitions_dropped size"]).toBeGreaterThanOrEqual(1)
	})

	it("makes a partition again that was dropped meanwhile", async () => {
		const { send, store, counts } = await start()
		await send("traces", traces([span(0)]))
		await store.drained()
		const { rows } = await database.query(
			"select inhrelid::regclass::text as name from pg_inherits where inhparent = 'observatory.spans'::regclass",
		)
		for (const { name } of rows) await database.query(`drop table ${name}`)
		await send("traces", traces([span(1)]))
		await store.drained()
		expect(await counts()).toEqual({ received: 2, stored: 2 })
		expect(await count("spans")).toBe(1)
	})
})
