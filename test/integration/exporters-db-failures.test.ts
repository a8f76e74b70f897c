import { afterAll, beforeAll, describe, expect, inject, it } from "vitest"
import { httpRequestDuration } from "../../core/catalogue/subjects/observatory.ts"
import { type HttpServer, listen } from "../../core/lib/http.ts"
import { silentLogger } from "../../core/lib/log.ts"
import { OtelInstruments } from "../../core/telemetry/otel.ts"
import { createApp, SCRAPED } from "../../exporters/app.ts"
import { type Gateway, gatewayTo } from "../support/bad-server.ts"
import { type ContractDatabase, contractDatabase } from "../support/contract-databases.ts"
import { parseSamples, type TestExporter, testExporter } from "../support/exporter.ts"

const CONTRACT_COLLECTORS = ["sessions", "analysis", "improvements", "safety", "events", "outcomes"]

describe("a source that fails", () => {
	let database: ContractDatabase
	let gate: Gateway
	let exporter: TestExporter
	let otel: OtelInstruments
	let server: HttpServer

	beforeAll(async () => {
		database = await contractDatabase(inject("postgresUrl"))
		await database.run("insert into observatory.events (type) values ('improvement_deployed')")
		gate = await gatewayTo(database.url)
		exporter = testExporter(database.url, gate.url)
		otel = new OtelInstruments(exporter.telemetry, "health", [httpRequestDuration])
		const app = createApp({
			telemetry: exporter.telemetry,
			requests: otel.histogram(httpRequestDuration),
			log: silentLogger,
		})
		server = await listen(app, { host: "127.0.0.1", port: 0 }, "TEST")
	})

	afterAll(async () => {
		await server.close()
		await exporter.close()
		await otel.close()
		await gate.close()
		await database.close()
	})

	/** All four scrapes, each of which has to succeed at once. */
	async function scrape(): Promise<ReadonlyMap<string, number>> {
		const all = new Map<string, number>()
		for (const group of SCRAPED) {
			const startedAt = performance.now()
			const response = await fetch(`${server.url}/metrics/${group}`)
			expect(response.status).toBe(200)
			expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/)
			for (const [sample, value] of parseSamples(await response.text())) all.set(sample, value)
			expect(performance.now() - startedAt).toBeLessThan(1_000)
		}
		return all
	}

	const success = (samples: ReadonlyMap<string, number>, collector: string) =>
		samples.get(`observatory_collector_success{collector="${collector}"}`)
	const valuesOf = (samples: ReadonlyMap<string, number>) =>
		[...samples.keys()].filter((sample) => /^autonomous_(?!component)/.test(sample))
	const component = (samples: ReadonlyMap<string, number>, status: string) =>
		samples.get(`autonomous_component_status{component="database",status="${status}"}`)

	async function expectWorking(): Promise<void> {
		await exporter.collect()
		const samples = await scrape()
		for (const collector of ["health", "database", ...CONTRACT_COLLECTORS])
			expect(success(samples, collector), collector).toBe(1)
		expect(component(samples, "unhealthy")).toBe(0)
		expect(samples.get('autonomous_events_total{type="improvement_deployed"}')).toBe(1)
	}

	it.each(["refuse", "garbage", "hang"] as const)(
		"that is away (%s) takes its values with it, is unhealthy as a component, and comes back",
		async (mode) => {
			await expectWorking()
			gate.become(mode)
			await exporter.collect()
			const samples = await scrape()
			expect(valuesOf(samples)).toEqual([])
			for (const collector of ["database", ...CONTRACT_COLLECTORS])
				expect(success(samples, collector), collector).toBe(0)
			expect(success(samples, "health")).toBe(1)
			expect(component(samples, "unhealthy")).toBe(1)
			expect(component(samples, "healthy")).toBe(0)
			gate.become("pass")
			await expectWorking()
		},
		60_000,
	)

	it("that stops answering in the middle of a query is given up at the deadline", async () => {
		await expectWorking()
		// A lock that is never given back: the query waits, the connection is well.
		const client = await database.pool.connect()
		await client.query("begin; lock table observatory.events in access exclusive mode")
		await exporter.collect()
		const samples = await scrape()
		await client.query("rollback")
		client.release()
		expect(success(samples, "events")).toBe(0)
		expect(samples.has('autonomous_events_total{type="improvement_deployed"}')).toBe(false)
		expect(success(samples, "sessions")).toBe(1)
		await expectWorking()
	}, 60_000)

	it("whose view lacks a column fails alone", async () => {
		await database.run("alter view contract.events rename column type to kind")
		await exporter.collect()
		const samples = await scrape()
		expect(success(samples, "events")).toBe(0)
		expect(success(samples, "sessions")).toBe(1)
		await database.run("alter view contract.events rename column kind to type")
		await expectWorking()
	})

	it("whose views are missing altogether leaves the database's own statistics", async () => {
		await database.run("alter schema contract rename to elsewhere")
		await exporter.collect()
		const samples = await scrape()
		for (const collector of CONTRACT_COLLECTORS) expect(success(samples, collector), collector).toBe(0)
		expect(success(samples, "database")).toBe(1)
		await database.run("alter schema elsewhere rename to contract")
		await expectWorking()
	})
})

describe("a source with few rights", () => {
	it("that may only select from the contract serves everything; without even that, only the database's statistics", async () => {
		const database = await contractDatabase(inject("postgresUrl"))
		await database.run("insert into observatory.claude_sessions (id, source, status) values ('a', 'test', 'running')")
		const role = `reader_${Date.now()}`
		await database.run(`create role ${role} login`)
		const reader = new URL(database.url)
		reader.username = role

		const exporter = testExporter(database.url, reader.href)
		await exporter.collect()
		expect(await exporter.value('observatory_collector_success{collector="sessions"}')).toBe(0)
		expect(await exporter.value('observatory_collector_success{collector="database"}')).toBe(1)

		await database.run(
			`grant usage on schema contract to ${role}; grant select on all tables in schema contract to ${role}`,
		)
		await exporter.collect()
		for (const collector of ["health", "database", ...CONTRACT_COLLECTORS])
			expect(await exporter.value(`observatory_collector_success{collector="${collector}"}`), collector).toBe(1)
		expect(await exporter.value("autonomous_sessions_started_total")).toBe(1)
		await exporter.close()
		await database.close()
	})
})

describe("our own database away", () => {
	it("takes the counters with it, and leaves what the source says", async () => {
		const database = await contractDatabase(inject("postgresUrl"))
		const gate = await gatewayTo(database.url)
		const exporter = testExporter(gate.url, database.url)
		await exporter.collect()
		expect(await exporter.value("autonomous_sessions_started_total")).toBe(0)
		gate.become("refuse")
		await exporter.collect()
		expect(await exporter.value("autonomous_sessions_started_total")).toBeUndefined()
		expect(await exporter.value('observatory_collector_success{collector="database"}')).toBe(1)
		gate.become("pass")
		await exporter.collect()
		expect(await exporter.value("autonomous_sessions_started_total")).toBe(0)
		await exporter.close()
		await gate.close()
		await database.close()
	})
})
