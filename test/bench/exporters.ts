import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import pg from "pg"
import { httpRequestDuration } from "../../core/catalogue/subjects/observatory.ts"
import { listen } from "../../core/lib/http.ts"
import { silentLogger } from "../../core/lib/log.ts"
import { OtelInstruments } from "../../core/telemetry/otel.ts"
import { createApp, SCRAPED } from "../../exporters/app.ts"
import { type ContractDatabase, contractDatabase } from "../support/contract-databases.ts"
import { type TestExporter, testExporter } from "../support/exporter.ts"
import { freePort, startPostgres } from "../support/postgres.ts"
import { startProgram } from "../support/process.ts"

const SIZES = [10_000, 1_000_000, 5_000_000]
/** The size at which the other exporter is asked the same. */
const COMPARED = 1_000_000
const TURNS = 30
const SCRAPES = 200
const OTHER = "prometheus-postgres-exporter"

interface Reading {
	readonly rows: number
	readonly turn: readonly number[]
	readonly scrape: readonly number[]
	readonly bytes: number
}

/** Scrape latency over history: ours stays the same, and beside an exporter that counts rows anew at every scrape. */
export async function run(): Promise<boolean> {
	const postgres = await startPostgres()
	try {
		const database = await contractDatabase(postgres.url())
		const readings: Reading[] = []
		let other: readonly number[] | undefined
		for (const rows of SIZES) {
			await grow(database, rows - (readings.at(-1)?.rows ?? 0))
			const reading = await measure(database, rows)
			readings.push(reading)
			report(reading)
			if (rows === COMPARED) other = await measureOther(database.url)
		}
		await database.close()
		return verdict(readings, other)
	} finally {
		await postgres.remove()
	}
}

/** Adds history, as a system would have it: mostly findings and events, some sessions, few violations. */
async function grow(database: ContractDatabase, rows: number): Promise<void> {
	const client = new pg.Client(database.url)
	await client.connect()
	const part = (share: number) => Math.round(rows * share)
	await client.query(`insert into observatory.insights (kind, category, confidence)
		select case when i % 4 = 0 then 'pattern' else 'insight' end, 'c' || i % 8, (i % 100) / 100.0 from generate_series(1, ${part(0.4)}) i`)
	await client.query(
		`insert into observatory.events (type) select 'analysis_session_complete' from generate_series(1, ${part(0.25)})`,
	)
	await client.query(`insert into observatory.claude_sessions (id, source, status, model, started_at, ended_at, input_tokens, cost_usd)
		select gen_random_uuid(), 'bench', case when i % 10 = 0 then 'failed' else 'completed' end, 'm' || i % 3,
			now() - interval '3 days', now() - interval '2 days', i % 1000, 0.01 from generate_series(1, ${part(0.25)}) i`)
	await client.query(
		`insert into observatory.violations (session_id, kind) select 's' || i % 1000, 'scope' from generate_series(1, ${part(0.1)}) i`,
	)
	await client.query("analyze")
	await client.end()
}

async function measure(database: ContractDatabase, rows: number): Promise<Reading> {
	const exporter = testExporter(database.url)
	const otel = new OtelInstruments(exporter.telemetry, "health", [httpRequestDuration])
	const app = createApp({
		telemetry: exporter.telemetry,
		requests: otel.histogram(httpRequestDuration),
		log: silentLogger,
	})
	const server = await listen(app, { host: "127.0.0.1", port: 0 }, "BENCH")
	try {
		const caughtUp = await timed(() => catchUp(exporter))
		console.log(`${count(rows)} rows: history read in ${(caughtUp / 1000).toFixed(1)} s`)
		let bytes = 0
		const once = async () => {
			bytes = 0
			for (const group of SCRAPED)
				bytes += (await (await fetch(`${server.url}/metrics/${group}`)).arrayBuffer()).byteLength
		}
		// The first ones compile the code; they say nothing about history.
		await repeat(10, () => exporter.collect())
		await repeat(SCRAPES / 2, once)
		const turn = await repeat(TURNS, () => exporter.collect())
		return { rows, turn, scrape: await repeat(SCRAPES, once), bytes }
	} finally {
		await server.close()
		await exporter.close()
		await otel.close()
	}
}

async function catchUp(exporter: TestExporter): Promise<void> {
	for (;;) {
		await exporter.collect()
		const failing = [...(await exporter.samples())].filter(
			([sample, value]) => sample.startsWith("observatory_collector_success") && value !== 1,
		)
		if (failing.length === 0) return
	}
}

/** The same questions, asked the way that exporter can: by counting at every scrape. */
const QUESTIONS = `
bench_sessions:
  query: "select status, model, count(*) as count, sum(input_tokens) as tokens, sum(cost_usd) as cost, sum(extract(epoch from ended_at - started_at)) as seconds from observatory.claude_sessions group by status, model"
  metrics: [{status: {usage: LABEL}}, {model: {usage: LABEL}}, {count: {usage: GAUGE}}, {tokens: {usage: GAUGE}}, {cost: {usage: GAUGE}}, {seconds: {usage: GAUGE}}]
bench_insights:
  query: "select kind, category, count(*) as count, sum(confidence) as confidence from observatory.insights group by kind, category"
  metrics: [{kind: {usage: LABEL}}, {category: {usage: LABEL}}, {count: {usage: GAUGE}}, {confidence: {usage: GAUGE}}]
bench_events:
  query: "select type, count(*) as count from observatory.events group by type"
  metrics: [{type: {usage: LABEL}}, {count: {usage: GAUGE}}]
bench_violations:
  query: "select kind, count(*) as count, count(distinct session_id) as sessions from observatory.violations group by kind"
  metrics: [{kind: {usage: LABEL}}, {count: {usage: GAUGE}}, {sessions: {usage: GAUGE}}]
`

async function measureOther(url: string): Promise<readonly number[] | undefined> {
	const program = process.env.POSTGRES_EXPORTER ?? OTHER
	if (spawnSync(program, ["--version"]).error) {
		console.log(
			`  ${OTHER} is not installed, so nothing to compare with: apt-get install ${OTHER}, or POSTGRES_EXPORTER=PATH`,
		)
		return undefined
	}
	const folder = mkdtempSync(path.join(tmpdir(), "observatory-bench-"))
	const questions = path.join(folder, "queries.yaml")
	writeFileSync(questions, QUESTIONS)
	const address = `127.0.0.1:${await freePort()}`
	const options = [
		`--web.listen-address=${address}`,
		`--extend.query-path=${questions}`,
		"--disable-default-metrics",
		"--disable-settings-metrics",
		"--no-collector.database",
		"--no-collector.bgwriter",
	]
	const other = await startProgram(
		"env",
		[`DATA_SOURCE_NAME=${url}?sslmode=disable`, program, ...options],
		`http://${address}/metrics`,
	)
	try {
		const scrapes = await repeat(20, async () => {
			const text = await (await fetch(`http://${address}/metrics`)).text()
			if (!/^bench_sessions_count/m.test(text) || !/^bench_violations_sessions/m.test(text))
				throw new Error(`${OTHER} did not answer the questions:\n${other.output()}`)
		})
		console.log(`  ${OTHER}: scrape p50 ${ms(quantile(scrapes, 0.5))}, p99 ${ms(quantile(scrapes, 0.99))}`)
		return scrapes
	} finally {
		await other.stop()
		rmSync(folder, { recursive: true })
	}
}

function report({ turn, scrape, bytes }: Reading): void {
	console.log(`  turn of all collectors p50 ${ms(quantile(turn, 0.5))}, p99 ${ms(quantile(turn, 0.99))}`)
	console.log(
		`  scrape of all four paths p50 ${ms(quantile(scrape, 0.5))}, p99 ${ms(quantile(scrape, 0.99))}, ${bytes} bytes`,
	)
}

function verdict(readings: readonly Reading[], other: readonly number[] | undefined): boolean {
	const first = readings[0]
	const last = readings.at(-1)
	const compared = readings.find(({ rows }) => rows === COMPARED)
	if (!first || !last || !compared) return false
	const growth = quantile(last.scrape, 0.5) / quantile(first.scrape, 0.5)
	const turns = quantile(last.turn, 0.5) / quantile(first.turn, 0.5)
	console.log(
		`\n${count(last.rows)} rows against ${count(first.rows)}: scrape ×${growth.toFixed(2)}, turn ×${turns.toFixed(2)} (at most ×1.5)`,
	)
	if (other === undefined) return growth <= 1.5 && turns <= 1.5
	const faster = quantile(other, 0.5) / quantile(compared.scrape, 0.5)
	const cheaper = quantile(other, 0.5) / quantile(compared.turn, 0.5)
	console.log(
		`${count(COMPARED)} rows beside ${OTHER}: scrape ${faster.toFixed(0)} times faster (at least 20), even the turn behind it ${cheaper.toFixed(0)} times`,
	)
	return growth <= 1.5 && turns <= 1.5 && faster >= 20
}

async function timed(work: () => Promise<unknown>): Promise<number> {
	const startedAt = performance.now()
	await work()
	return performance.now() - startedAt
}

async function repeat(times: number, work: () => Promise<unknown>): Promise<readonly number[]> {
	const durations: number[] = []
	for (let i = 0; i < times; i++) durations.push(await timed(work))
	return durations.sort((a, b) => a - b)
}

/** Of ascending values. */
const quantile = (sorted: readonly number[], q: number) =>
	sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN
const ms = (value: number) => `${value.toFixed(1)} ms`
const count = (value: number) => value.toLocaleString("en")
