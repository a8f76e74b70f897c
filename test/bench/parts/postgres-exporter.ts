import { execFileSync, spawnSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { messageOf } from "../../../core/lib/errors.ts"
import { freePort } from "../../support/postgres.ts"
import { findProgram, startProgram } from "../../support/process.ts"

export const POSTGRES_EXPORTER = "prometheus-postgres-exporter"

/** The questions that our series answer, asked the only way that this exporter has: over all rows, at every scrape. */
const QUESTIONS = `
bench_sessions:
  query: "select status, model, count(*) as count, sum(input_tokens) as input, sum(output_tokens) as output, sum(cost_usd) as cost, sum(extract(epoch from ended_at - started_at)) as seconds from observatory.claude_sessions group by status, model"
  metrics: [{status: {usage: LABEL}}, {model: {usage: LABEL}}, {count: {usage: GAUGE}}, {input: {usage: GAUGE}}, {output: {usage: GAUGE}}, {cost: {usage: GAUGE}}, {seconds: {usage: GAUGE}}]
bench_insights:
  query: "select kind, category, count(*) as count, sum(confidence) as confidence from observatory.insights group by kind, category"
  metrics: [{kind: {usage: LABEL}}, {category: {usage: LABEL}}, {count: {usage: GAUGE}}, {confidence: {usage: GAUGE}}]
bench_events:
  query: "select type, count(*) as count from observatory.events group by type"
  metrics: [{type: {usage: LABEL}}, {count: {usage: GAUGE}}]
bench_violations:
  query: "select kind, count(*) as count, count(distinct session_id) as sessions from observatory.violations group by kind"
  metrics: [{kind: {usage: LABEL}}, {count: {usage: GAUGE}}, {sessions: {usage: GAUGE}}]
bench_improvements:
  query: "select status, count(*) as count, count(measured_at) as measured, sum(cost_savings_usd) as savings from observatory.improvements group by status"
  metrics: [{status: {usage: LABEL}}, {count: {usage: GAUGE}}, {measured: {usage: GAUGE}}, {savings: {usage: GAUGE}}]
bench_reviews:
  query: "select status, count(*) as count, sum(extract(epoch from decided_at - requested_at)) as seconds from observatory.reviews group by status"
  metrics: [{status: {usage: LABEL}}, {count: {usage: GAUGE}}, {seconds: {usage: GAUGE}}]
bench_rollbacks:
  query: "select trigger, succeeded::text as succeeded, count(*) as count, sum(extract(epoch from finished_at - started_at)) as seconds from observatory.rollbacks group by trigger, succeeded"
  metrics: [{trigger: {usage: LABEL}}, {succeeded: {usage: LABEL}}, {count: {usage: GAUGE}}, {seconds: {usage: GAUGE}}]
`

export interface OtherExporter {
	readonly version: string
	scrape(): Promise<string>
	stop(): Promise<void>
}

/**
 * Starts Debian's PostgreSQL exporter with our questions, from PATH or fetched into a folder below `.observatory`.
 * Undefined, with a word about why, where it cannot be had.
 */
export async function startPostgresExporter(databaseUrl: string): Promise<OtherExporter | undefined> {
	const program = findProgram(POSTGRES_EXPORTER) ?? fetched()
	if (program === undefined) return undefined
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
	const environment = [`DATA_SOURCE_NAME=${databaseUrl}?sslmode=disable`, program]
	const running = await startProgram("env", [...environment, ...options], `http://${address}/metrics`)
	return {
		version: versionOf(program),
		async scrape() {
			const text = await (await fetch(`http://${address}/metrics`)).text()
			for (const name of QUESTIONS.match(/^\w+(?=:$)/gm) ?? [])
				if (!text.includes(`\n${name}_count`)) throw new Error(`no answer to ${name}:\n${running.output()}`)
			return text
		},
		async stop() {
			await running.stop()
			rmSync(folder, { recursive: true })
		},
	}
}

/** Older ones print it on standard error. */
function versionOf(program: string): string {
	const { stdout, stderr } = spawnSync(program, ["--version"], { encoding: "utf8" })
	return `${stdout}${stderr}`.split(" (")[0] ?? ""
}

/** Unpacks Debian's package, without installing it. */
function fetched(): string | undefined {
	const folder = path.join(import.meta.dirname, "../../../.observatory/packages/bench")
	const program = path.join(folder, "usr/bin", POSTGRES_EXPORTER)
	if (existsSync(program)) return program
	try {
		mkdirSync(folder, { recursive: true })
		execFileSync("apt-get", ["download", POSTGRES_EXPORTER], { cwd: folder, stdio: "pipe" })
		const deb = readdirSync(folder).find((file) => file.endsWith(".deb"))
		execFileSync("dpkg-deb", ["-x", deb ?? "", "."], { cwd: folder, stdio: "pipe" })
		return program
	} catch (error) {
		console.log(
			`\n${POSTGRES_EXPORTER} is neither on PATH nor to be fetched, so there is nothing to compare with.\n  ${messageOf(error).trim()}\n  → apt-get install ${POSTGRES_EXPORTER}, and run this again.`,
		)
		return undefined
	}
}
