import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { beforeEach, describe, expect, inject, it, onTestFinished } from "vitest"
import { createPool } from "../../core/db/client.ts"
import { systemClock } from "../../core/lib/clock.ts"
import { silentLogger } from "../../core/lib/log.ts"
import { schemaCheck } from "../../exporters/schema-check.ts"
import { transcriptCollectors } from "../../exporters/sources/transcripts/collector.ts"
import { defaultPriceFile, loadPrices } from "../../exporters/sources/transcripts/prices.ts"
import { type ContractDatabase, contractDatabase, EVALS_TABLES } from "../support/contract-databases.ts"
import { testExporter } from "../support/exporter.ts"
import { createDatabase } from "../support/postgres.ts"

const session = (id: string, tokens: number) =>
	`insert into observatory.claude_sessions (id, source, status, model, input_tokens) values ('${id}', 'test', 'running', 'm', ${tokens})`
const EVALS_SESSION = `insert into runs (model) values ('m'); insert into ai_observer_sessions (run_id, observer_level) values (1, 'x')`

/** A transcript of one answer, followed into a database. */
async function follow(databaseUrl: string): Promise<void> {
	const root = mkdtempSync(path.join(tmpdir(), "observatory-projects-"))
	onTestFinished(() => rmSync(root, { recursive: true, force: true }))
	mkdirSync(path.join(root, "project"))
	const message = {
		id: "answer",
		model: "claude-haiku-4-5",
		stop_reason: "end_turn",
		usage: { input_tokens: 5, output_tokens: 40 },
	}
	const line = {
		type: "assistant",
		sessionId: "transcript",
		timestamp: new Date().toISOString(),
		requestId: "request",
		message,
	}
	writeFileSync(path.join(root, "project/transcript.jsonl"), `${JSON.stringify(line)}\n`)
	const pool = createPool(databaseUrl, { applicationName: "test transcripts" })
	onTestFinished(() => pool.end())
	const prices = await loadPrices(defaultPriceFile())
	const { transcripts } = transcriptCollectors({ roots: [root], pool, prices, clock: systemClock, log: silentLogger })
	await transcripts.collect(new AbortController().signal)
}

describe("our database beside the monitored one", () => {
	let ours: string
	let monitored: ContractDatabase

	/** What a newly started exporter shows after it has read everything. */
	async function read(own: string, source: string) {
		const exporter = testExporter(own, source)
		await exporter.collect()
		const samples = await exporter.samples()
		await exporter.close()
		return {
			started: samples.get("autonomous_sessions_started_total"),
			running: samples.get('autonomous_sessions_active{status="running"}'),
			fromTranscripts: samples.get('autonomous_session_tokens_total{type="output",model="claude-haiku-4-5"}'),
			tokens: samples.get('autonomous_session_tokens_total{type="input",model="m"}'),
			failing: [...samples].filter(([name, value]) => name.startsWith("observatory_collector_success") && value !== 1),
		}
	}

	async function prepare(own: string, source: string): Promise<void> {
		const pools = [own, source].map((url) => createPool(url, { applicationName: "test preparation" }))
		const [ownPool, sourcePool] = pools
		if (ownPool && sourcePool) await schemaCheck(own, ownPool, sourcePool, silentLogger)()
		for (const pool of pools) await pool.end()
	}

	async function execute(url: string, sql: string): Promise<void> {
		const pool = createPool(url, { applicationName: "test" })
		await pool.query(sql)
		await pool.end()
	}

	beforeEach(async () => {
		ours = await createDatabase(inject("postgresUrl"))
		monitored = await contractDatabase(inject("postgresUrl"), EVALS_TABLES)
		onTestFinished(() => monitored.close())
	})

	it("shows the sessions of transcripts, once, beside those of the monitored system", async () => {
		await prepare(ours, monitored.url)
		await follow(ours)
		// The same numbers and the same session in both databases' tables, and a third provider.
		await monitored.run(`${session("transcript", 100)}; ${EVALS_SESSION}`)
		const expected = { started: 3, running: 3, fromTranscripts: 40, tokens: 100, failing: [] }
		for (let restart = 0; restart < 3; restart++) expect(await read(ours, monitored.url)).toEqual(expected)

		await monitored.run(session("another", 10))
		await execute(ours, "update observatory.claude_sessions set status = 'completed', ended_at = now()")
		const later = { ...expected, started: 4, tokens: 110 }
		for (let restart = 0; restart < 2; restart++) expect(await read(ours, monitored.url)).toEqual(later)
	})

	it("counts the session of a violation in either database, though both may call it the same", async () => {
		await prepare(ours, monitored.url)
		const violations = "insert into observatory.violations (session_id, kind) values ('a', 'scope'), ('a', 'timeout')"
		await monitored.run(violations)
		await execute(ours, violations)
		const exporter = testExporter(ours, monitored.url)
		await exporter.collect()
		expect(await exporter.value("autonomous_sessions_violating_total")).toBe(2)
		expect(await exporter.value('autonomous_violations_total{kind="scope"}')).toBe(2)
		await exporter.close()
	})

	it("is recognised as the same one under another address and another user, and then read once", async () => {
		await monitored.run(session("a", 1))
		const role = `reader_${Date.now()}`
		await monitored.run(
			`create role ${role} login; grant usage on schema contract to ${role}; grant select on all tables in schema contract to ${role}`,
		)
		const reader = new URL(monitored.url)
		reader.username = role
		reader.hostname = "localhost"
		await prepare(monitored.url, reader.href)
		for (let restart = 0; restart < 2; restart++)
			expect(await read(monitored.url, reader.href)).toMatchObject({ started: 1, running: 1, failing: [] })
	})

	it("counts nothing again when the monitored system moves to a database of its own, or back", async () => {
		await prepare(ours, ours)
		await follow(ours)
		expect(await read(ours, ours)).toMatchObject({ started: 1, running: 1, fromTranscripts: 40 })
		await prepare(ours, monitored.url)
		await monitored.run(session("a", 7))
		expect(await read(ours, monitored.url)).toMatchObject({ started: 2, running: 2, fromTranscripts: 40, tokens: 7 })
		// What is no longer read has been counted, but nothing of it is active any more.
		expect(await read(ours, ours)).toMatchObject({
			started: 2,
			running: 1,
			fromTranscripts: 40,
			tokens: 7,
			failing: [],
		})
	})

	it("fails what it cannot read whole: without our own tables' views, no counter is half of the truth", async () => {
		await prepare(ours, monitored.url)
		await follow(ours)
		await execute(ours, "drop view contract.sessions")
		const found = await read(ours, monitored.url)
		expect(found.failing).toEqual([['observatory_collector_success{collector="sessions"}', 0]])
		expect(found.started).toBeUndefined()
	})
})
