import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from "vitest"
import { systemClock } from "../../core/lib/clock.ts"
import { silentLogger } from "../../core/lib/log.ts"
import { MetricRegistry } from "../../core/metrics/registry.ts"
import { createOtlpReceiver } from "../../exporters/sources/otlp/receiver.ts"
import { type ContractDatabase, contractDatabase } from "../support/contract-databases.ts"
import { testExporter } from "../support/exporter.ts"
import { complaints, serveScrapes } from "../support/scrape.ts"

const NAMES = 3_000

const folded = (series: string, label: string) =>
	`observatory_label_values_folded_total{series="${series}",label="${label}"}`
const seriesOf = (samples: ReadonlyMap<string, number>, name: string) =>
	[...samples].filter(([sample]) => sample.startsWith(`${name}{`))
const total = (found: readonly (readonly [string, number])[]) => found.reduce((sum, [, value]) => sum + value, 0)

/** Names longer than an entry of PostgreSQL's index, which does not compress them. */
const LONG = "(select string_agg(md5(i::text || j::text), '') from generate_series(1, 150) j)"

describe("a hostile database", () => {
	let database: ContractDatabase
	beforeAll(async () => {
		database = await contractDatabase(inject("postgresUrl"))
		await database.run(`
insert into observatory.insights (category, confidence) select 'z-' || i, 0.5 from generate_series(1, ${NAMES}) i;
insert into observatory.insights (category, confidence) select ${LONG}, 0.5 from generate_series(1, 20) i;
insert into observatory.claude_sessions (id, source, status, model, input_tokens, cost_usd)
	select 'session-' || i, 'test', 'completed', 'model-' || i || E'\\n"' || repeat('é', 1000), 1, 1 from generate_series(1, ${NAMES}) i;
insert into observatory.events (type) select 'type-' || i from generate_series(1, ${NAMES}) i;
insert into observatory.violations (session_id, kind) select 'session-' || i, 'scope' from generate_series(1, ${NAMES}) i;
`)
	})
	afterAll(() => database.close())

	it("with thousands of names, and longer ones than an index takes, is counted whole under the caps", async () => {
		const exporter = testExporter(database.url)
		onTestFinished(() => exporter.close())
		const server = await serveScrapes(exporter.telemetry)
		onTestFinished(() => server.close())
		await exporter.collect()
		const samples = await server.samples()
		for (const [sample, value] of samples)
			if (sample.startsWith("observatory_collector_success")) expect([sample, value]).toEqual([sample, 1])

		const insights = seriesOf(samples, "autonomous_insights_total")
		expect([insights.length, total(insights)]).toEqual([31, NAMES + 20])
		expect(samples.get(folded("autonomous_insights_total", "category"))).toBe(NAMES + 20 - 30)
		const cost = seriesOf(samples, "autonomous_session_cost_usd_total")
		expect([cost.length, total(cost)]).toEqual([51, NAMES])
		expect(samples.get('autonomous_events_total{type="other"}')).toBe(NAMES)
		expect(samples.get(folded("autonomous_events_total", "type"))).toBe(NAMES)
		expect(samples.get("autonomous_sessions_violating_total")).toBe(NAMES)

		const pages = await server.pages()
		expect(Buffer.byteLength(pages.join(""))).toBeLessThan(300_000)
		for (const page of pages) expect(complaints(page)).toBe("")
	})

	it("has the same names and numbers after a restart, so that no counter jumps", async () => {
		const names = ["autonomous_insights_total", "autonomous_session_cost_usd_total", "autonomous_session_tokens_total"]
		const read = async () => {
			const exporter = testExporter(database.url)
			await exporter.collect()
			const samples = await exporter.samples()
			await exporter.close()
			return new Map(names.flatMap((name) => seriesOf(samples, name)))
		}
		const before = await read()
		await database.run("insert into observatory.insights (category, confidence) values ('yet another', 0.5)")
		const after = await read()
		const other = 'autonomous_insights_total{category="other"}'
		expect(after.get(other)).toBe((before.get(other) ?? 0) + 1)
		expect(after).toEqual(new Map([...before, [other, after.get(other) ?? 0]]))
	})
})

describe("a database with numbers that cannot be right", () => {
	it("is counted without them, says how many there were, and keeps totals that still grow", async () => {
		const database = await contractDatabase(inject("postgresUrl"))
		onTestFinished(() => database.close())
		await database.run(`
alter table observatory.insights drop constraint insights_confidence;
insert into observatory.insights (category, confidence) values ('a', 0.5), ('a', 97.5), ('a', 'NaN');
insert into observatory.claude_sessions (id, source, status, model, input_tokens, cost_usd) values
	('s1', 'test', 'completed', 'm', 9223372036854775807, 'NaN'), ('s2', 'test', 'completed', 'm', 10, 1);
insert into observatory.totals (reader, series, labels, value) values
	('sessions', 'autonomous_session_cost_usd_total', '{"model":"old"}', 'Infinity'),
	('sessions', 'autonomous_session_tokens_total', '{"model":"full","type":"input"}', 9007199254740991);
`)
		const exporter = testExporter(database.url)
		onTestFinished(() => exporter.close())
		await exporter.collect()
		await database.run(`
update observatory.claude_sessions set cost_usd = 2 where id = 's1';
insert into observatory.claude_sessions (id, source, status, model, input_tokens, cost_usd) values
	('s6', 'test', 'completed', 'full', 3, 0), ('s7', 'test', 'completed', 'old', 0, 4);
`)
		await exporter.collect()
		const samples = await exporter.samples()
		for (const [name, value] of samples) expect([name, Number.isFinite(value)]).toEqual([name, true])
		expect(samples.get('autonomous_insights_total{category="a"}')).toBe(3)
		expect(samples.get("autonomous_analysis_confidence_ratio_count")).toBe(1)
		expect(samples.get('autonomous_session_tokens_total{type="input",model="m"}')).toBe(10)
		expect(samples.get('autonomous_session_tokens_total{type="input",model="full"}')).toBe(3)
		expect(samples.get('autonomous_session_cost_usd_total{model="m"}')).toBe(3)
		expect(samples.get('autonomous_session_cost_usd_total{model="old"}')).toBe(4)
		const refused = (series: string, reason: string) =>
			samples.get(`observatory_values_refused_total{series="${series}",reason="${reason}"}`)
		expect(refused("autonomous_session_tokens_total", "implausible")).toBeGreaterThan(0)
		const cleared = (view: string, reason: string) =>
			samples.get(`observatory_contract_values_refused_total{view="${view}",reason="${reason}"}`)
		expect(cleared("insights", "out_of_range")).toBe(1)
		expect(cleared("insights", "not_finite")).toBe(1)
		expect(cleared("sessions", "not_finite")).toBe(1)
	})
})

describe("a hostile sender", () => {
	const attributes = (texts: Readonly<Record<string, string>>) =>
		Object.entries(texts).map(([key, stringValue]) => ({ key, value: { stringValue } }))
	const batch = (prefix: string) => {
		const names = Array.from({ length: NAMES }, (_, i) => `${prefix}-${i}\u0000\n"\\😀\ud800${"x".repeat(300)}`)
		const spans = names.flatMap((name) => [
			{ name: "mcp.a.b", kind: 3, attributes: attributes({ "rpc.system": "mcp", "rpc.service": name }) },
			{ name: `claude.${name}`, kind: 3 },
			{ name: "mcp.x", kind: 3, attributes: attributes({ "mcp.method": name }) },
		])
		const logRecords = names.flatMap((name) => [
			{ body: { stringValue: "claude_code.api_request" }, attributes: attributes({ model: name, duration_ms: "1" }) },
			{ body: { stringValue: "claude_code.tool_result" }, attributes: attributes({ tool_name: name }) },
		])
		const scope = { name: "mcp-observatory.captured" }
		const metrics = names.map((name) => ({ name, gauge: { dataPoints: [{ timeUnixNano: "1", asDouble: 1 }] } }))
		const resource = { attributes: attributes({ "service.name": "x".repeat(1_000) }) }
		return {
			traces: { resourceSpans: [{ scopeSpans: [{ spans }] }] },
			logs: { resourceLogs: [{ scopeLogs: [{ logRecords }] }] },
			metrics: { resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics }] }] },
		}
	}

	it("with ever new names, long and malformed ones, makes neither the exposition nor memory grow", async () => {
		const telemetry = new MetricRegistry({ ownGroup: "health" })
		const receiver = await createOtlpReceiver({
			telemetry,
			listen: { host: "127.0.0.1", port: 0 },
			log: silentLogger,
			clock: systemClock,
		})
		onTestFinished(() => receiver.close())
		const server = await serveScrapes(telemetry)
		onTestFinished(() => server.close())
		const send = async (prefix: string) => {
			for (const [signal, body] of Object.entries(batch(prefix))) {
				const headers = { "content-type": "application/json" }
				const sent = await fetch(`${receiver.url}/v1/${signal}`, {
					method: "POST",
					headers,
					body: JSON.stringify(body),
				})
				expect(sent.status).toBe(200)
				await receiver.drained()
			}
		}
		setFlagsFromString("--expose-gc")
		const collectGarbage: () => void = runInNewContext("gc")
		const state = async () => {
			const samples = await server.samples()
			collectGarbage()
			return { heap: process.memoryUsage().heapUsed, series: samples.size, samples }
		}

		for (const prefix of ["a", "b"]) await send(prefix)
		await server.pages()
		const before = await state()
		const rounds = 4
		for (let i = 0; i < rounds; i++) await send(`round-${i}`)
		const after = await state()

		expect(after.series).toBe(before.series)
		expect(after.heap - before.heap).toBeLessThan(8 * 1024 * 1024)
		for (const [series, label] of [
			["autonomous_mcp_requests_total", "server"],
			["autonomous_claude_code_api_requests_total", "model"],
			["autonomous_captured_metric_value", "name"],
		] as const) {
			const more = (after.samples.get(folded(series, label)) ?? 0) - (before.samples.get(folded(series, label)) ?? 0)
			expect(more, series).toBeGreaterThanOrEqual(rounds * NAMES)
		}
		const pages = await server.pages()
		expect(Buffer.byteLength(pages.join(""))).toBeLessThan(4 * 1024 * 1024)
		for (const page of pages) expect(complaints(page)).toBe("")
	})
})
