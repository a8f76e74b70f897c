import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import type pg from "pg"
import { createPool } from "../../core/db/client.ts"
import { systemClock } from "../../core/lib/clock.ts"
import { silentLogger } from "../../core/lib/log.ts"
import type { Collector } from "../../core/metrics/collector.ts"
import { MetricRegistry } from "../../core/metrics/registry.ts"
import { databaseCollectors } from "../../exporters/database-collectors.ts"
import { workersCollector } from "../../exporters/health/workers.ts"
import { GithubApi } from "../../exporters/sources/github/api.ts"
import { GithubCollector } from "../../exporters/sources/github/collector.ts"
import { processTable } from "../../exporters/sources/processes/table.ts"
import { transcriptCollectors } from "../../exporters/sources/transcripts/collector.ts"
import { defaultPriceFile, loadPrices } from "../../exporters/sources/transcripts/prices.ts"
import { type ContractDatabase, contractDatabase } from "./contract-databases.ts"
import { type FakeGithub, fakeGithub } from "./fake-github.ts"
import { type Gateway, gatewayTo } from "./gateway.ts"
import { type ScrapedServer, serveScrapes } from "./scrape.ts"

/** Collectors give up this soon, so that a test of all their failures takes minutes, not an hour. */
const DEADLINE_MS = 4_000

const ANSWER = {
	type: "assistant",
	sessionId: "session",
	timestamp: new Date().toISOString(),
	requestId: "request",
	message: { id: "answer", model: "claude-haiku-4-5", usage: { input_tokens: 5, output_tokens: 40 } },
}

/** Every collector there is, with every source of theirs within reach of a test that breaks it. */
export interface Sources {
	readonly own: ContractDatabase
	readonly monitored: ContractDatabase
	/** In front of each database and of GitHub. */
	readonly gates: Readonly<Record<"own" | "monitored" | "github", Gateway>>
	/** Roles that the exporter has in each database. */
	readonly roles: Readonly<Record<"own" | "monitored", string>>
	readonly github: FakeGithub
	/** Where transcripts and the pid file lie. */
	readonly folder: string
	readonly collectors: readonly Collector[]
	readonly server: ScrapedServer
	/** One run of every collector; returns when the last one has finished or was given up. */
	collect(): Promise<void>
	close(): Promise<void>
}

export async function startSources(adminUrl: string): Promise<Sources> {
	const [own, monitored] = [await contractDatabase(adminUrl), await contractDatabase(adminUrl)]
	const gates = { own: await gatewayTo(own.url), monitored: await gatewayTo(monitored.url) }
	const roles = { own: `writer_${Date.now()}`, monitored: `reader_${Date.now()}` }
	await own.run(`create role ${roles.own} login; ${GRANT_OWN(roles.own)}`)
	await monitored.run(`create role ${roles.monitored} login; ${GRANT_MONITORED(roles.monitored)}`)
	const pools: pg.Pool[] = []
	const pool = (url: string, role: string, max: number) => {
		const address = new URL(url)
		address.username = role
		const made = createPool(address.href, { applicationName: "test exporter", max, statementTimeoutMs: 5_000 })
		pools.push(made)
		return made
	}
	const ownPool = pool(gates.own.url, roles.own, 16)
	const source = pool(gates.monitored.url, roles.monitored, 12)
	const probe = pool(gates.monitored.url, roles.monitored, 1)

	const folder = mkdtempSync(path.join(tmpdir(), "observatory-failing-"))
	mkdirSync(path.join(folder, "projects/project"), { recursive: true })
	writeFileSync(path.join(folder, "projects/project/session.jsonl"), `${JSON.stringify(ANSWER)}\n`)
	writeFileSync(path.join(folder, "worker.pid"), String(process.pid))
	const github = await fakeGithub()
	const githubGate = await gatewayTo(github.url)

	const telemetry = new MetricRegistry({ ownGroup: "health" })
	const [clock, log, repository] = [systemClock, silentLogger, "acme/agents"]
	const api = new GithubApi({ repository, token: "secret", apiUrl: githubGate.url.replace(/\/$/, ""), clock })
	const collectors: readonly Collector[] = [
		...databaseCollectors({ own: ownPool, source, probe, components: [], clock, log, zeroHoldMs: 0 }),
		new GithubCollector({ api, own: ownPool, repository, clock, log: silentLogger, intervalMs: 60_000, zeroHoldMs: 0 }),
		...Object.values(
			transcriptCollectors({
				roots: [path.join(folder, "projects")],
				pool: ownPool,
				prices: await loadPrices(defaultPriceFile()),
				clock,
				log,
			}),
		),
		workersCollector(
			[{ name: "agent", by: "pidfile", value: path.join(folder, "worker.pid") }],
			processTable(process.platform),
		),
	]
	for (const each of collectors) {
		const { name, group, emits, intervalMs, timeoutMs } = each
		const collect = (signal: AbortSignal) => each.collect(signal)
		// The health check has a deadline of its own, below which it has to report its results.
		telemetry.collect({
			name,
			group,
			emits,
			intervalMs,
			timeoutMs: name === "health" ? timeoutMs : DEADLINE_MS,
			collect,
			...(each.kept ? { kept: each.kept.bind(each) } : {}),
		})
	}
	const server = await serveScrapes(telemetry)
	return {
		own,
		monitored,
		gates: { ...gates, github: githubGate },
		roles,
		github,
		folder,
		collectors,
		server,
		collect: () => telemetry.runOnce(),
		async close() {
			await server.close()
			for (const made of pools) await made.end()
			for (const gate of [gates.own, gates.monitored, githubGate]) await gate.close()
			await github.close()
			await own.close()
			await monitored.close()
			rmSync(folder, { recursive: true, force: true })
		},
	}
}

const grant = (role: string, schema: string, rights: string) =>
	`grant usage on schema ${schema} to ${role}; grant ${rights} on all tables in schema ${schema} to ${role};`
export const GRANT_MONITORED = (role: string) => grant(role, "contract", "select")
export const GRANT_OWN = (role: string) => grant(role, "observatory", "all") + grant(role, "contract", "select")
