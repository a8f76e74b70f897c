import { execFile } from "node:child_process"
import { chmodSync, existsSync, readdirSync, readFileSync, statSync } from "node:fs"
import path from "node:path"
import { promisify } from "node:util"
import pg from "pg"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { createPrometheus } from "../../core/clients/prometheus.ts"
import { addressesFile } from "../../core/lib/local-run.ts"
import { accountUrl } from "../../stack/postgres/account.ts"
import { startBrowser, withoutBrowser } from "../support/browser.ts"
import { credentialsOf } from "../support/credentials.ts"
import { serve } from "../support/local-server.ts"
import { eventually } from "../support/process.ts"
import { program } from "../support/programs.ts"
import {
	childrenOf,
	groupLives,
	isListening,
	portsIn,
	runStackProcess,
	type StackRun,
	temporaryHome,
} from "../support/stack.ts"
import {
	actAsPage,
	actAsStranger,
	attemptsOn,
	dismissPasswordDialogs,
	foreignPage,
	MARK,
	stateOf,
	urlsIn,
	whyNoSecondUser,
} from "../support/strangers.ts"

const UP = [
	"PostgreSQL",
	"Monitored PostgreSQL (demo)",
	"Exporters",
	"Webhook and console",
	"Prometheus",
	"Alertmanager",
	"Autonomous system (demo)",
]

async function everythingUp(home: string, env: NodeJS.ProcessEnv = {}): Promise<StackRun> {
	const run = runStackProcess(home, [], env)
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

/** Nothing that a stranger sent has left a trace or an effect. */
async function nothingChanged(home: string): Promise<void> {
	const { text, ...state } = await stateOf(home)
	expect(text).not.toContain(MARK)
	expect(state).toEqual({ control: "run", broken: "[]", tokens: 0 })
}

/** Runs the doctor in another terminal of the person who started the run. */
async function securityOf(home: string): Promise<{ code: number; report: Report }> {
	const env = { ...process.env, DATABASE_URL: undefined, SOURCE_DATABASE_URL: undefined, OBSERVATORY_HOME: home }
	const doctor = [...program("exporters/doctor/main.ts"), "--security", "--format", "json"]
	const args = { env: { ...env, CLAUDE_CONFIG_DIR: path.join(home, "claude") } }
	const ended = await promisify(execFile)(process.execPath, doctor, args).then(
		({ stdout }) => ({ code: 0, stdout }),
		(error: { code: number; stdout: string }) => error,
	)
	return { code: ended.code, report: JSON.parse(ended.stdout) as Report }
}
interface Report {
	readonly high: number
	readonly findings: readonly { readonly subject: string; readonly severity: string; readonly what: string }[]
}

const noSecondUser = whyNoSecondUser()

/** What another listener of this host got of the console's cookie: nothing under another name, and nothing of use. */
async function theftFails(home: string, seen: readonly string[]): Promise<void> {
	const [stolen = ""] = seen.filter((line) => line.includes("observatory_session")).map((line) => line.split(": ")[1])
	expect(stolen).not.toBe("")
	expect(seen.filter((line) => !line.startsWith("observatory.localhost: ")).join()).not.toContain("observatory_session")
	const url = `${urlsIn(home).webhook}/api/incidents`
	// The browser runs as this user.
	expect((await fetch(url, { headers: { cookie: stolen } })).status).toBe(200)
	if (noSecondUser) return
	const { answers } = await actAsStranger({
		attempts: [{ url, method: "GET", cookie: stolen }],
		databases: [],
		secrets: [],
		places: [],
	})
	expect(answers).toEqual([{ request: `GET ${url}`, status: 401 }])
}

describe("npm start", () => {
	const { home, remove } = temporaryHome()
	let run: StackRun

	beforeAll(async () => {
		// As ".observatory" is: servers that root starts need no capability there.
		chmodSync(home, 0o755)
		run = await everythingUp(home, { DEMO_PAST_DAYS: "1" })
	})
	afterAll(async () => {
		run.kill("SIGTERM")
		await run.exited
		remove()
	})

	it("gives the demo a past that continues in the present, and that pages no one", async () => {
		expect(run.output()).toContain("Past (demo): done — made up, for a day; DEMO_PAST_DAYS=0 starts without")
		const url = /Prometheus: up at (\S+)/.exec(run.output())?.[1]
		const prometheus = createPrometheus({ url: url ?? "", ...credentialsOf(home).prometheus }, 5_000)
		const started = "autonomous_sessions_started_total"
		const growth = await eventually(
			() => prometheus.query(`increase(${started}[1d]) and ${started} and ${started} offset 6h`),
			(found) => found.length === 1,
		)
		// A day of the past; the week of rows that the demo has written beside it is no increase.
		expect(growth[0]?.value).toBeGreaterThan(500)
		expect(growth[0]?.value).toBeLessThan(1_300)
		expect(await prometheus.query('ALERTS{alertstate="firing",severity="critical"}')).toEqual([])
	})

	it("brings up every part, and every Prometheus target within a minute", async () => {
		await run.says("Prometheus targets  7/7 up")
		expect(run.output()).not.toContain("\u001b")
		expect(run.output()).toContain("demo data")
		expect(run.output()).toContain("delivered to the console's inbox: pagerduty, slack-critical")
	})

	it.skipIf(noSecondUser)(`lets another user read or change nothing (skipped where ${noSecondUser})`, async () => {
		// As ".observatory" is: only the modes of what is in it protect it.
		chmodSync(home, 0o755)
		const below = (folder: string) =>
			readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => path.join(folder, name))
		const secrets = [
			...below(path.join(home, "secrets")),
			...["prometheus/web.yml", "alertmanager/web.yml", "run/demo-mcp.json"].map((name) => path.join(home, name)),
			...["prometheus", "alertmanager"].flatMap((name) => {
				const copies = path.join(home, name, "credentials")
				return existsSync(copies) ? below(copies) : []
			}),
		]
		expect(secrets.length).toBeGreaterThan(10)
		// What everyone may do shows that the attempts arrive.
		const open = { request: `GET ${urlsIn(home).webhook}/api/control`, status: 200 }
		const control = { url: `${urlsIn(home).webhook}/api/control`, method: "GET" as const }
		const attempts = [...attemptsOn(home), control]
		const readable = addressesFile(home)
		const input = {
			attempts,
			databases: urlsIn(home).databases,
			secrets: [...secrets, readable],
			places: [home, ...below(home)],
		}
		const report = await actAsStranger(input)
		expect(report.uid).not.toBe(process.getuid?.())
		expect(report.answers.length).toBe(attempts.length)
		expect(report.answers.filter(({ status }) => status !== 401 && status !== 403)).toEqual([open])
		expect(report.databases).toEqual(["R10", "R10"])
		expect(report.read).toEqual([readable])
		// Sessions of other users answer the gate's challenge there; they can neither list it nor touch files of others.
		const answers = path.join(home, "run/gate.json.answers")
		expect(report.written).toEqual([answers])
		expect(statSync(answers).mode & 0o7777).toBe(0o1733)
		await nothingChanged(home)
	})

	it.skipIf(withoutBrowser)(
		"lets a page of another origin read or change nothing, not even for a person who is signed in",
		async () => {
			const html = { "content-type": "text/html" }
			const cookies: string[] = []
			const page = await serve((req, res) => {
				cookies.push(`${req.headers.host?.split(":")[0]}: ${req.headers.cookie ?? ""}`)
				res.writeHead(200, html).end(foreignPage())
			})
			// A server that everyone may use shows that the attempts arrive.
			const arrived: string[] = []
			const open = await serve((req, res) => {
				arrived.push(req.method ?? "")
				res.writeHead(200, { "access-control-allow-origin": "*" }).end("{}")
			})
			const browser = await startBrowser()
			try {
				const context = await browser.newContext()
				const operator = await context.newPage()
				// The link of the first start; the token stays good besides.
				await operator.goto(/^ *(http\S+\/sign-in\?link=\S+)$/m.exec(run.output())?.[1] ?? "no link was printed")
				expect(new URL(operator.url()).origin).toBe(urlsIn(home).console)
				await operator.getByLabel("Your name").fill("Ada")
				await operator.getByRole("button", { name: "Sign in" }).click()
				await operator.getByRole("button", { name: "Sign out" }).waitFor()
				// The last is of the console's own site, to which the browser sends the console's cookie.
				for (const name of ["127.0.0.1", "localhost", "observatory.localhost"]) {
					const origin = page.url.replace("127.0.0.1", name)
					const foreign = await context.newPage()
					await dismissPasswordDialogs(foreign)
					await foreign.goto(origin)
					const { webhook, console } = urlsIn(home)
					const attempts = [
						...attemptsOn(home).map((one) => ({ ...one, url: one.url.replace(webhook, console) })),
						{ url: open.url, method: "POST" as const, type: "text/plain", body: "{}" },
					]
					expect(await actAsPage(foreign, attempts), origin).toEqual([`cors POST ${open.url}: 200`])
					// Fetched with cookies and without, with CORS and without, and as a form.
					expect(arrived.splice(0)).toEqual(["POST", "POST", "POST", "POST"])
					await foreign.close()
				}
				await nothingChanged(home)
				await theftFails(home, cookies)
			} finally {
				await browser.close()
				await Promise.all([page.close(), open.close()])
			}
		},
	)

	it("has no severe finding of the doctor, which finds a secret that was opened", async () => {
		const { code, report } = await securityOf(home)
		expect(report.findings.filter(({ severity }) => severity === "high")).toEqual([])
		expect(code).toBe(0)
		const listeners = report.findings.filter(({ subject, severity }) => subject === "Listeners" && severity === "ok")
		expect(listeners.filter(({ what }) => /asks for/.test(what)).length).toBe(8)
		// Where root runs this, servers of others run as users without rights.
		expect(report.findings.filter(({ what }) => /runs as root$/.test(what))).toEqual([])
		expect(report.findings.filter(({ what }) => /owns none of our tables$/.test(what)).length).toBe(2)
		expect(report.findings.filter(({ what }) => /owns our tables/.test(what))).toEqual([])
		expect(report.findings.filter(({ what }) => /nothing listens/.test(what)).length).toBe(1)
		expect(report.findings.map(({ what }) => what)).toEqual(
			expect.arrayContaining([
				expect.stringMatching(/^PostgreSQL at .* asks for a password$/),
				expect.stringMatching(/^PostgreSQL \d+\.\d+/),
				expect.stringMatching(/Prometheus \d+\.\d+/),
			]),
		)
		const token = path.join(home, "secrets/otlp_token")
		chmodSync(path.dirname(token), 0o755)
		chmodSync(token, 0o644)
		chmodSync(home, 0o755)
		const opened = await securityOf(home)
		chmodSync(path.dirname(token), 0o700)
		chmodSync(token, 0o600)
		expect(opened.code).toBe(1)
		expect(opened.report.findings.filter(({ severity }) => severity === "high").map(({ what }) => what)).toEqual([
			`every user can read the secret ${token}`,
		])
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
		const audit = [...program("alert-webhook/store/audit/main.ts"), "verify"]
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
