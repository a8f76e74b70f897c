import { type ChildProcess, execFile, spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"

const ROOT = path.resolve(import.meta.dirname, "../..")
const STRATEGY = path.join(ROOT, "test/golden/rules/in-strategy.yaml")
const children: ChildProcess[] = []
let scratch = ""
let prometheusUrl = ""
let alertmanagerUrl = ""

const rules = (...args: string[]) =>
	new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
		execFile(
			"node",
			[
				"--import",
				"tsx",
				"prometheus/main.ts",
				"--out",
				scratch,
				"--quick",
				"--token-file",
				"/dev/null",
				"--prometheus-url",
				prometheusUrl,
				"--alertmanager-url",
				alertmanagerUrl,
				...args,
			],
			{ cwd: ROOT, timeout: 60_000 },
			(error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
		)
	})

const freePort = () =>
	new Promise<number>((resolve, reject) => {
		const server = createServer()
		server.once("error", reject)
		server.listen(0, "127.0.0.1", () => {
			const address = server.address()
			server.close(() => resolve(typeof address === "object" && address ? address.port : 0))
		})
	})

function start(commands: readonly string[], args: readonly string[]): void {
	const [command, ...others] = commands
	if (command === undefined) throw new Error("none of the commands is installed")
	const child = spawn(command, args, { stdio: "ignore" })
	child.once("error", () => start(others, args))
	children.push(child)
}

async function ready(url: string): Promise<void> {
	for (let i = 0; i < 150; i++) {
		const ok = await fetch(`${url}/-/ready`).then(
			(response) => response.ok,
			() => false,
		)
		if (ok) return
		await new Promise((resolve) => setTimeout(resolve, 200))
	}
	throw new Error(`${url} did not become ready`)
}

const loadedAlerts = async () => {
	const answer = (await (await fetch(`${prometheusUrl}/api/v1/rules?type=alert`)).json()) as {
		data: { groups: { rules: { name: string; query: string }[] }[] }
	}
	return new Map(answer.data.groups.flatMap((group) => group.rules.map(({ name, query }) => [name, query])))
}

beforeAll(async () => {
	scratch = mkdtempSync(path.join(tmpdir(), "observatory-reload-"))
	const [prometheusPort, alertmanagerPort] = [await freePort(), await freePort()]
	prometheusUrl = `http://127.0.0.1:${prometheusPort}`
	alertmanagerUrl = `http://127.0.0.1:${alertmanagerPort}`
	await rules("--file", STRATEGY)
	const config = path.join(scratch, "prometheus.yml")
	writeFileSync(config, 'rule_files: ["prometheus/rules/*.yml"]\n')
	start(
		["prometheus"],
		[
			`--config.file=${config}`,
			`--storage.tsdb.path=${scratch}/tsdb`,
			`--web.listen-address=127.0.0.1:${prometheusPort}`,
			"--web.enable-lifecycle",
		],
	)
	start(
		["prometheus-alertmanager", "alertmanager"],
		[
			`--config.file=${scratch}/alertmanager/alertmanager.yml`,
			`--storage.path=${scratch}/am`,
			`--web.listen-address=127.0.0.1:${alertmanagerPort}`,
			"--cluster.listen-address=",
		],
	)
	await Promise.all([ready(prometheusUrl), ready(alertmanagerUrl)])
})

afterAll(async () => {
	for (const child of children) {
		if (child.exitCode !== null || child.pid === undefined) continue
		const gone = new Promise((resolve) => child.once("exit", resolve))
		child.kill("SIGTERM")
		await gone
	}
	rmSync(scratch, { recursive: true, force: true })
})

describe("npm run rules -- --reload", () => {
	it("puts a changed threshold live without a restart", async () => {
		expect((await loadedAlerts()).get("review_backlog")).toContain("> 20")
		const changed = path.join(scratch, "changed.yaml")
		writeFileSync(changed, readFileSync(STRATEGY, "utf8").replace("pending > 20", "pending > 30"))
		const { code, stdout, stderr } = await rules("--file", changed, "--reload")
		expect([code, stderr]).toEqual([
			0,
			`Reloading Prometheus at ${prometheusUrl} and Alertmanager at ${alertmanagerUrl} …\n`,
		])
		expect(stdout).toContain("Live: Prometheus at")
		expect((await loadedAlerts()).get("review_backlog")).toContain("> 30")
	})

	it("goes back to the former files when a server refuses, and says why", async () => {
		const before = readFileSync(path.join(scratch, "prometheus/rules/alerts.yml"), "utf8")
		writeFileSync(
			path.join(scratch, "prometheus/rules/zz-broken.yml"),
			"groups: [{ name: x, rules: [{ record: a, expr: '((' }] }]\n",
		)
		const { code, stderr } = await rules("--file", STRATEGY, "--reload")
		rmSync(path.join(scratch, "prometheus/rules/zz-broken.yml"))
		expect(code).toBe(1)
		expect(stderr).toContain("Prometheus refuses to reload")
		expect(stderr).toContain("The files are as they were before")
		expect(readFileSync(path.join(scratch, "prometheus/rules/alerts.yml"), "utf8")).toBe(before)
	})

	it("does not say that alerts are live which Prometheus reads from elsewhere", async () => {
		const elsewhere = mkdtempSync(path.join(tmpdir(), "observatory-elsewhere-"))
		const changed = path.join(elsewhere, "changed.yaml")
		writeFileSync(changed, readFileSync(STRATEGY, "utf8").replace("pending > 20", "pending > 40"))
		const { code, stderr, stdout } = await rules("--out", elsewhere, "--file", changed, "--reload")
		rmSync(elsewhere, { recursive: true })
		expect(code).toBe(1)
		expect(stderr).toContain("has not what was written of review_backlog")
		expect(stderr).toContain(`${scratch}/prometheus/rules/alerts.yml`)
		expect(stdout).not.toContain("Live:")
	})

	it("goes back when no server is there", async () => {
		const before = readFileSync(path.join(scratch, "prometheus/rules/alerts.yml"), "utf8")
		const { code, stderr } = await rules(
			"--file",
			STRATEGY,
			"--reload",
			"--prometheus-url",
			`http://127.0.0.1:${await freePort()}`,
		)
		expect(code).toBe(1)
		expect(stderr).toContain("cannot be reached")
		expect(readFileSync(path.join(scratch, "prometheus/rules/alerts.yml"), "utf8")).toBe(before)
	})
})
