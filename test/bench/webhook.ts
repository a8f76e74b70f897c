import { execFile, fork } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import pg from "pg"
import { WEBHOOK_FLAGS } from "../../stack/system/programs.ts"
import { createDatabase, startPostgres } from "../support/postgres.ts"
import { findProgram } from "../support/process.ts"
import { type LoadResult, load } from "./parts/load.ts"

const TOKEN = "webhook-token-for-the-benchmark"
/** A storm: Alertmanager delivers every group by itself. */
const CONNECTIONS = 256
const ROUNDS = 3
/** pgbench's clients. */
const INSERTERS = 16
const ROUND_MS = 5_000
const STEADY_MS = 5_000
const GOAL = { ofExpress: 0.8, p99Ms: 50 }

/**
 * Durable notifications each second, each a new alert of 2.7 KB, beside an express endpoint that keeps nothing and
 * beside pgbench's single-row insert on the same database; then the p99 at half that load, beside that endpoint's at
 * the same load, which is what the machine itself costs. Both processes run with the flags that ours ships with.
 */
export async function run(): Promise<boolean> {
	const postgres = await startPostgres({ durable: true })
	const folder = mkdtempSync(path.join(tmpdir(), "observatory-bench-"))
	const servers: Server[] = []
	try {
		const database = await createDatabase(postgres.url())
		writeFileSync(path.join(folder, "policies.yaml"), "policies: {}\n")
		const express = await start({})
		servers.push(express)
		const webhook = await start({
			DATABASE_URL: database,
			WEBHOOK_TOKEN: TOKEN,
			WEBHOOK_LISTEN: "127.0.0.1:0",
			OBSERVATORY_HOME: folder,
			ALERTMANAGER_URL: "http://127.0.0.1:9",
			ESCALATION_POLICIES: path.join(folder, "policies.yaml"),
			LOG_LEVEL: "warn",
		})
		servers.push(webhook)
		const pgbench = findPgbench()
		const cpu = { express: [] as number[], webhook: [] as number[] }
		const rates = { express: [] as number[], webhook: [] as number[], pgbench: [] as number[] }
		await full(express, 2_000)
		let answered = (await full(webhook, 2_000)).answered
		for (let round = 0; round < ROUNDS; round++) {
			const nothing = await full(express)
			const kept = await full(webhook)
			rates.express.push(nothing.perSecond)
			rates.webhook.push(kept.perSecond)
			cpu.express.push(nothing.cpuMicros)
			cpu.webhook.push(kept.cpuMicros)
			answered += kept.answered
			if (pgbench) rates.pgbench.push(await insertsPerSecond(pgbench, database, folder))
		}
		const [bare, durable] = [median(rates.express), median(rates.webhook)]
		// What the storms have left to do, such as writing their pages back, is not part of half a load.
		await query(database, "vacuum analyze")
		await query(database, "checkpoint")
		const [idle, steady] = [[] as LoadResult[], [] as LoadResult[]]
		for (let round = 0; round < ROUNDS; round++) {
			idle.push(await load({ ...target(express.url), ms: STEADY_MS, rate: durable / 2 }))
			steady.push(await load({ ...target(webhook.url), ms: STEADY_MS, rate: durable / 2 }))
		}
		for (const one of steady) answered += one.answered - one.refused
		const inserts = pgbench ? median(rates.pgbench) : undefined
		const perNotification = { express: median(cpu.express), webhook: median(cpu.webhook) }
		return report({
			bare,
			durable,
			cpu: perNotification,
			inserts,
			idle,
			steady,
			answered,
			kept: await countKept(database),
		})
	} finally {
		for (const server of servers) await server.stop()
		await postgres.remove()
		rmSync(folder, { recursive: true, force: true })
	}
}

interface Server {
	readonly url: string
	/** Seconds of CPU so far. */
	cpu(): Promise<number>
	stop(): Promise<void>
}

async function start(env: Record<string, string>): Promise<Server> {
	const child = fork(fileURLToPath(new URL("./parts/webhook-server.ts", import.meta.url)), {
		execArgv: [...WEBHOOK_FLAGS, "--import", "tsx"],
		env: { PATH: process.env.PATH ?? "", ...env },
	})
	const ended = once(child, "exit")
	const [url] = await Promise.race([
		once(child, "message"),
		ended.then(() => Promise.reject(new Error("the server that is measured did not start"))),
	])
	return {
		url,
		async cpu() {
			const answer = once(child, "message")
			child.send("cpu")
			const [seconds] = await answer
			return seconds
		},
		async stop() {
			child.kill("SIGTERM")
			await ended
		},
	}
}

const target = (url: string) => ({
	url,
	path: "/api/alertmanager",
	token: TOKEN,
	body: nextBody,
	connections: CONNECTIONS,
})

/** As much load as is answered; with the server's own CPU for each notification, which other programs hardly change. */
async function full(server: Server, ms = ROUND_MS): Promise<LoadResult & { cpuMicros: number }> {
	const before = await server.cpu()
	const result = await load({ ...target(server.url), ms })
	if (result.refused > 0) throw new Error(`${result.refused} of ${result.answered} notifications were refused`)
	return { ...result, cpuMicros: ((await server.cpu()) - before) * (1e6 / result.answered) }
}

const median = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0

/** One alert as Alertmanager delivers it when every label groups, each time another instance of it. */
function notificationTemplate(fingerprint: string): string {
	const labels = {
		alertname: "mcp_server_degraded",
		channels: ",slack-ops,email-leads,",
		component: "mcp_servers",
		environment: "production",
		instance: "127.0.0.1:9464",
		owner: "autonomous-platform",
		role: "symptom",
		server: "retrieval-benchmark-documentation",
		severity: "warning",
		transport: "streamable-http",
	}
	const annotations = {
		summary: "The MCP server retrieval-benchmark-documentation answers slowly or with errors",
		description:
			"18.3% of the tool calls to retrieval-benchmark-documentation failed in the last 10 minutes, and the slowest twentieth took longer than 4.2 s. Sessions that need it retry and spend tokens without getting further.",
		dashboard_url:
			"http://127.0.0.1:3000/d/operations/operations?from=now-1h&var-server=retrieval-benchmark-documentation",
		runbook_url: "http://127.0.0.1:9099/runbooks/mcp_server_degraded",
	}
	const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value}"`)
	return JSON.stringify({
		receiver: "observatory",
		status: "firing",
		alerts: [
			{
				status: "firing",
				labels,
				annotations,
				startsAt: "2026-11-23T08:00:00.123Z",
				endsAt: "0001-01-01T00:00:00Z",
				generatorURL: `http://127.0.0.1:9090/graph?g0.expr=${encodeURIComponent('autonomous:mcp_server_error_ratio:10m{server=~".+"} > 0.1')}&g0.tab=1`,
				fingerprint,
			},
		],
		groupLabels: labels,
		commonLabels: labels,
		commonAnnotations: annotations,
		externalURL: "http://127.0.0.1:9093",
		version: "4",
		groupKey: `{}/{}:{${pairs.join(", ")}}`,
		truncatedAlerts: 0,
	})
}

const PLACE = "0000000000000000"
const BODY = Buffer.from(notificationTemplate(PLACE))
const FINGERPRINT_AT = BODY.indexOf(`"${PLACE}"`) + 1
let alerts = 0

/** The same buffer every time, with the next fingerprint written into it. */
export function nextBody(): Buffer {
	BODY.write((++alerts).toString(16).padStart(16, "0"), FINGERPRINT_AT, "latin1")
	return BODY
}

/** pgbench comes with PostgreSQL, on Debian outside of the PATH. */
const findPgbench = () =>
	findProgram("pgbench") ??
	["17", "16", "15"].map((v) => `/usr/lib/postgresql/${v}/bin/pgbench`).find((f) => existsSync(f))

async function insertsPerSecond(pgbench: string, database: string, folder: string): Promise<number> {
	const script = path.join(folder, "insert.sql")
	writeFileSync(script, `insert into bench_notifications (body) values (repeat('x', ${BODY.length}));\n`)
	await query(database, "create table if not exists bench_notifications (id bigserial primary key, body text not null)")
	const args = [
		"-n",
		"-M",
		"prepared",
		"-c",
		String(INSERTERS),
		"-j",
		"1",
		"-T",
		String(ROUND_MS / 1000),
		"-f",
		script,
		database,
	]
	const { stdout } = await promisify(execFile)(pgbench, args)
	const tps = /^tps = ([\d.]+)/m.exec(stdout)?.[1]
	if (tps === undefined) throw new Error(`pgbench said nothing about its speed:\n${stdout}`)
	return Number(tps)
}

async function query(database: string, text: string): Promise<Record<string, unknown>[]> {
	const client = new pg.Client(database)
	await client.connect()
	try {
		return (await client.query(text)).rows
	} finally {
		await client.end()
	}
}

async function countKept(database: string): Promise<number> {
	const [row] = await query(database, "select count(*)::int as n from observatory.incidents")
	return Number(row?.n)
}

interface Measured {
	/** Microseconds of CPU of the process that answers, for one notification. */
	readonly cpu: { readonly express: number; readonly webhook: number }
	readonly bare: number
	readonly durable: number
	readonly inserts: number | undefined
	/** At half the durable load, by round: the bare endpoint, and ours. */
	readonly idle: readonly LoadResult[]
	readonly steady: readonly LoadResult[]
	readonly answered: number
	readonly kept: number
}

/** The median over rounds of a quantile of their latencies. */
const quantile = (rounds: readonly LoadResult[], q: number) =>
	median(rounds.map(({ latencies }) => latencies[Math.floor(latencies.length * q)] ?? 0))

function report({ cpu, bare, durable, inserts, idle, steady, answered, kept }: Measured): boolean {
	const p99 = quantile(steady, 0.99)
	const ratio = durable / bare
	const verdict = (good: boolean) => (good ? "" : "   MISSED")
	const perSecond = (n: number) => `${Math.round(n).toLocaleString("en").padStart(7)} each second`
	process.stdout.write(
		[
			`notifications of ${BODY.length} bytes, each a new alert, over ${CONNECTIONS} connections; medians of ${ROUNDS} rounds`,
			`bare express, nothing kept        ${perSecond(bare)}`,
			`alert-webhook, durable            ${perSecond(durable)}   ${ratio.toFixed(2)} of express, the goal is ${GOAL.ofExpress}${verdict(ratio >= GOAL.ofExpress)}`,
			inserts === undefined
				? "pgbench is not installed (apt-get install postgresql-contrib): not compared with it"
				: `pgbench, inserts of one row       ${perSecond(inserts)}   ${(durable / inserts).toFixed(2)} times that`,
			`CPU of the answering process      ${Math.round(cpu.webhook)} µs for a notification, bare express ${Math.round(cpu.express)} µs`,
			`at half that load                 p50 ${quantile(steady, 0.5).toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, the goal is ${GOAL.p99Ms} ms${verdict(p99 < GOAL.p99Ms)}`,
			`bare express at the same load     p50 ${quantile(idle, 0.5).toFixed(1)} ms, p99 ${quantile(idle, 0.99).toFixed(1)} ms`,
			`answered with 200: ${answered}, in the database: ${kept}${verdict(answered === kept)}`,
			"",
		].join("\n"),
	)
	return ratio >= GOAL.ofExpress && p99 < GOAL.p99Ms && answered === kept
}
