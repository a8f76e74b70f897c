import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import path from "node:path"
import { promisify } from "node:util"
import pg from "pg"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { accountUrl } from "../../stack/postgres/account.ts"
import { credentialsOf } from "../support/credentials.ts"
import { eventually } from "../support/process.ts"
import {
	childrenOf,
	groupLives,
	isListening,
	portsIn,
	runStackProcess,
	type StackRun,
	temporaryHome,
} from "../support/stack.ts"

const UP = [
	"PostgreSQL",
	"Monitored PostgreSQL (demo)",
	"Exporters",
	"Webhook and console",
	"Prometheus",
	"Alertmanager",
	"Autonomous system (demo)",
]

async function everythingUp(home: string): Promise<StackRun> {
	const run = runStackProcess(home)
	for (const part of UP) await run.says(`${part}: up at`)
	return run
}

async function nothingLeft(run: StackRun, leaders: readonly number[]): Promise<void> {
	for (const leader of leaders) await eventually(() => !groupLives(leader))
	for (const port of portsIn(run.output())) await eventually(async () => !(await isListening(port)))
}

/** One statement in the database of a run, with the password that it made. */
async function query(home: string, run: StackRun, statement: string): Promise<pg.QueryResult> {
	const port = Number(/PostgreSQL: up at 127\.0\.0\.1:(\d+)/.exec(run.output())?.[1])
	const password = readFileSync(path.join(home, "secrets/postgres_password"), "utf8").trim()
	const client = new pg.Client({ connectionString: accountUrl({ host: "127.0.0.1", port }, password) })
	await client.connect()
	try {
		return await client.query(statement)
	} finally {
		await client.end()
	}
}

describe("npm start", () => {
	const { home, remove } = temporaryHome()
	let run: StackRun

	beforeAll(async () => {
		run = await everythingUp(home)
	})
	afterAll(async () => {
		run.kill("SIGTERM")
		await run.exited
		remove()
	})

	it("brings up every part, and every Prometheus target within a minute", async () => {
		await run.says("Prometheus targets  7/7 up")
		expect(run.output()).not.toContain("\u001b")
		expect(run.output()).toContain("demo data")
		expect(run.output()).toContain("delivered to the console's inbox: pagerduty, slack-critical")
	})

	it("refuses a second run in the same folder and names the first", async () => {
		const second = runStackProcess(home)
		expect(await second.exited).toBe(1)
		expect(second.output()).toContain(`It already runs here, as process ${run.pid}`)
	})

	it("says to another run that its password for the database is wrong, and nothing more", async () => {
		const port = Number(/PostgreSQL: up at 127\.0\.0\.1:(\d+)/.exec(run.output())?.[1])
		const other = temporaryHome()
		const url = accountUrl({ host: "127.0.0.1", port }, "not-the-password")
		const second = runStackProcess(other.home, [], { DATABASE_URL: url })
		expect(await second.exited).toBe(1)
		other.remove()
		expect(second.output()).toContain("PostgreSQL refused the user or the password")
		expect(second.output()).not.toContain("not-the-password")
		expect(second.output()).not.toContain("starting")
	})

	it("stops a part on request, keeps it stopped, and lets it run again", async () => {
		const broken = runStackProcess(home, ["break", "alertmanager"])
		expect(await broken.exited).toBe(0)
		await run.says("Alertmanager: paused")
		const address = Number(/Alertmanager: up at http:\/\/127\.0\.0\.1:(\d+)/.exec(run.output())?.[1])
		expect(await isListening(address)).toBe(false)
		expect(await runStackProcess(home, ["repair", "alertmanager"]).exited).toBe(0)
		await eventually(() => isListening(address))
		const unknown = runStackProcess(home, ["break", "alertmanger"])
		expect(await unknown.exited).toBe(1)
		expect(unknown.output()).toContain("The parts are ")
	})

	it("puts edited alerts live on request, and gives alerts links to where Prometheus is reached", async () => {
		const address = /Prometheus: up at (http:\/\/127\.0\.0\.1:\d+)/.exec(run.output())?.[1]
		const { options } = JSON.parse(readFileSync(path.join(home, "run/rules.json"), "utf8")) as { options: string[] }
		expect(options).toContain(`--prometheus-url=${address}`)
		const reloaded = runStackProcess(home, ["reload"])
		expect(await reloaded.exited, reloaded.output()).toBe(0)
		expect(reloaded.output()).toContain(`Live: Prometheus at ${address}`)
		const flags = (await (
			await fetch(`${address}/api/v1/status/flags`, { headers: credentialsOf(home).prometheus })
		).json()) as { data: Record<string, string> }
		expect(flags.data["web.external-url"]).toBe(address)
	})

	it("lets commands in another terminal find its database", async () => {
		const env = { ...process.env, DATABASE_URL: undefined, SOURCE_DATABASE_URL: undefined, OBSERVATORY_HOME: home }
		const audit = ["--import", "tsx", "alert-webhook/store/audit/main.ts", "verify"]
		const { stdout } = await promisify(execFile)(process.execPath, audit, { env })
		expect(stdout).toContain("The chain is whole")
	})

	it("starts a part again that was killed", async () => {
		const before = childrenOf(home).find(({ name }) => name === "prometheus")
		expect(before).toBeDefined()
		process.kill(before?.pid ?? 0, "SIGKILL")
		await run.says("Prometheus: backing off — ended by SIGKILL")
		const replaced = () => childrenOf(home).some(({ name, pid }) => name === "prometheus" && pid !== before?.pid)
		await eventually(replaced)
	})

	it("ends and restarts a part that hangs, starts one at once on request, and shows the state of each", async () => {
		expect(await runStackProcess(home, ["status"]).exited).toBe(0)
		const leaderOf = (name: string) => childrenOf(home).find((child) => child.name === name)?.pid ?? 0
		const hung = leaderOf("prometheus")
		process.kill(-hung, "SIGSTOP")
		await run.says("Prometheus: degraded")
		const degraded = runStackProcess(home, ["status"])
		expect(await degraded.exited).toBe(1)
		expect(degraded.output()).toMatch(/^ {2}Prometheus +degraded/m)
		await run.says("Prometheus: hung — did not answer 8 checks")
		await eventually(() => leaderOf("prometheus") !== hung && leaderOf("prometheus") !== 0)
		expect(groupLives(hung)).toBe(false)

		for (let i = 0; i < 8; i++) {
			const leader = await eventually(() => leaderOf("alertmanager"))
			process.kill(leader, "SIGKILL")
			await run.says(`restarts: ${i + 1}`)
			await runStackProcess(home, ["repair", "alertmanager"]).exited
			await eventually(() => leaderOf("alertmanager") !== leader && leaderOf("alertmanager") !== 0)
		}
		await eventually(async () => (await runStackProcess(home, ["status"]).exited) === 0)
	})

	it("leaves nothing running when it is killed, and has its data at the next start", async () => {
		await query(home, run, "create table if not exists public.kept (value int)")
		await query(home, run, "insert into public.kept values (42)")
		const leaders = childrenOf(home).map(({ pid }) => pid)
		expect(leaders.length).toBe(UP.length)
		run.kill("SIGKILL")
		await run.exited
		await nothingLeft(run, leaders)

		run = await everythingUp(home)
		expect((await query(home, run, "select distinct value from public.kept")).rows).toEqual([{ value: 42 }])
	})

	it("stops everything on SIGTERM and says so", async () => {
		const leaders = childrenOf(home).map(({ pid }) => pid)
		run.kill("SIGTERM")
		expect(await run.exited).toBe(0)
		const late = runStackProcess(home, ["reload"])
		expect([await late.exited, late.output()]).toEqual([1, "Nothing runs here\n  → Start it first: npm start\n"])
		expect(run.output()).toContain("Everything has stopped")
		await nothingLeft(run, leaders)
		expect(childrenOf(home)).toEqual([])
	})
})
