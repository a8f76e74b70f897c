import { execFile } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import fc from "fast-check"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { parse } from "yaml"
import { compileAlerts } from "../../core/alerts/compile.ts"
import { createSource } from "../../core/alerts/source.ts"
import { PATHS } from "../../core/catalogue/index.ts"
import { planPrometheus, yamlFile } from "../../prometheus/command/plan.ts"
import { type AlertRule, renderAlerts } from "../../prometheus/render/rules.ts"

const LINKS = { runbookBase: "http://localhost", grafanaBase: "http://localhost" }
const ROOT = path.resolve(import.meta.dirname, "../..")
const STRATEGY = path.join(ROOT, "test/golden/rules/in-strategy.yaml")

interface Ran {
	readonly code: number
	readonly stdout: string
	readonly stderr: string
}

const run = (command: string, args: readonly string[], cwd = ROOT) =>
	new Promise<Ran>((resolve, reject) => {
		execFile(command, args, { cwd, timeout: 280_000, maxBuffer: 64_000_000 }, (error, stdout, stderr) => {
			if (error && typeof error.code !== "number") reject(error)
			else resolve({ code: Number(error?.code ?? 0), stdout, stderr })
		})
	})
const rules = (...args: string[]) => run("node", ["--import", "tsx", "prometheus/main.ts", ...args])

let scratch = ""
beforeAll(() => {
	scratch = mkdtempSync(path.join(tmpdir(), "observatory-test-"))
})
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

/** Every file below a directory with its text and the time it was written. */
const snapshot = (directory: string) =>
	Object.fromEntries(
		readdirSync(directory, { recursive: true, encoding: "utf8" }).flatMap((name) => {
			const stat = statSync(path.join(directory, name))
			return stat.isFile() ? [[name, `${stat.mtimeMs} ${readFileSync(path.join(directory, name), "utf8")}`]] : []
		}),
	)

describe("npm run rules", () => {
	it("finds the committed output current, and promtool, the rule tests and amtool accept it", async () => {
		const { code, stdout } = await rules("--check", "--format", "json")
		const outcome = JSON.parse(stdout)
		expect(outcome.checks.map((check: { tool: string; result: string }) => `${check.tool}: ${check.result}`)).toEqual([
			"promtool check rules: passed",
			"amtool check-config: passed",
			"promtool test rules: passed",
		])
		expect(outcome).toMatchObject({ result: "unchanged", changedFiles: [], untested: [] })
		expect(code).toBe(0)
	})

	it("compiles another file elsewhere, names the channels of the inbox, and touches nothing here", async () => {
		const before = snapshot(path.join(ROOT, "prometheus"))
		const out = path.join(scratch, "elsewhere")
		const secrets = path.join(scratch, "secrets")
		mkdirSync(secrets)
		writeFileSync(path.join(secrets, "slack-webhook-url"), "https://hooks.example.com/x")
		const { code, stdout } = await rules(
			"--file",
			STRATEGY,
			"--out",
			out,
			"--webhook-url",
			"http://127.0.0.1:1234",
			"--token-file",
			"/tmp/token",
			"--secrets-dir",
			secrets,
			"--format",
			"json",
		)
		expect(code).toBe(0)
		expect(JSON.parse(stdout).inboxChannels.map((entry: { channel: string }) => entry.channel)).toEqual([
			"pagerduty",
			"email-security",
			"email-finance",
			"email-leads",
		])
		const config = parse(readFileSync(path.join(out, "alertmanager/alertmanager.yml"), "utf8"))
		const receiver = (name: string) => config.receivers.find((entry: { name: string }) => entry.name === name)
		expect(receiver("observatory").webhook_configs[0]).toEqual({
			send_resolved: true,
			url: "http://127.0.0.1:1234/api/alertmanager",
			http_config: { authorization: { type: "Bearer", credentials_file: "/tmp/token" } },
		})
		expect(receiver("slack-ops").slack_configs[0].api_url_file).toBe(path.join(secrets, "slack-webhook-url"))
		expect(receiver("pagerduty").webhook_configs[0].url).toBe("http://127.0.0.1:1234/api/inbox/pagerduty")
		expect(snapshot(path.join(ROOT, "prometheus"))).toEqual(before)
	})

	it("changes no file when there is an error, and says where in every format", async () => {
		const out = path.join(scratch, "kept")
		await rules("--file", STRATEGY, "--out", out, "--quick")
		const before = snapshot(out)
		const broken = path.join(scratch, "broken.yaml")
		writeFileSync(broken, readFileSync(STRATEGY, "utf8").replace("failureRate", "failureRat"))
		const text = await rules("--file", broken, "--out", out)
		expect(text).toMatchObject({ code: 1, stderr: "" })
		expect(text.stdout).toContain("did you mean metrics.sessions.failureRate?")
		const json = await rules("--file", broken, "--out", out, "--format", "json")
		expect(JSON.parse(json.stdout).diagnostics).toContainEqual(
			expect.objectContaining({ id: "unknown-path", severity: "error", position: { line: 9, column: 22, length: 27 } }),
		)
		const github = await rules("--file", broken, "--out", out, "--format", "github")
		expect(github.stdout).toMatch(/^::error file=.*broken\.yaml,line=9,col=22,endColumn=49,title=unknown-path::/m)
		expect(snapshot(out)).toEqual(before)
	})

	it.each([
		["a directory", () => scratch, "it is a directory"],
		["a file that is not there", () => path.join(scratch, "nowhere.yaml"), "it does not exist"],
		[
			"a file of 50 MB",
			() => {
				const file = path.join(scratch, "big.yaml")
				writeFileSync(file, Buffer.alloc(50_000_000, "a"))
				return file
			},
			"has 50000000 bytes",
		],
	])("says in one line what is wrong with %s", async (_, file, message) => {
		const { code, stderr } = await rules("--file", file())
		expect(code).toBe(1)
		expect(stderr).toContain(message)
		expect(stderr).not.toContain("    at ")
	})

	it("ends with 1 for stale output and with 2 for wrong usage", async () => {
		expect((await rules("--check", "--out", path.join(scratch, "empty"), "--quick")).code).toBe(1)
		for (const wrong of [
			["--chekc"],
			["--check", "--diff"],
			["--format", "xml"],
			["--check", "--watch"],
			["surplus"],
			["--webhook-url", "ftp://x"],
		]) {
			const { code, stderr } = await rules(...wrong)
			expect([wrong, code]).toEqual([wrong, 2])
			expect(stderr).toContain("--help")
		}
	})

	it("distinguishes a change of meaning from one of wording", async () => {
		const out = path.join(scratch, "meaning")
		await rules("--file", STRATEGY, "--out", out, "--quick")
		const changed = path.join(scratch, "changed.yaml")
		writeFileSync(
			changed,
			readFileSync(STRATEGY, "utf8")
				.replace("pending > 20", "pending > 30")
				.replace('channels: ["slack-general"]', 'channels: ["slack-general"]\n          description: A new one.'),
		)
		const { stdout } = await rules("--file", changed, "--out", out, "--quick", "--diff")
		expect(stdout).toContain("~ review_backlog (warning) changed: expr")
		expect(stdout).toContain("· improvement_deployed (info) reads differently")
		expect(stdout).toContain("-        expr: max without (instance, job) (autonomous_reviews_pending) > 20")
	})
})

describe("the generated rule tests", () => {
	it("page another threshold, a shorter duration and a lost condition", async () => {
		const out = path.join(scratch, "mutants")
		await rules("--file", STRATEGY, "--out", out, "--quick")
		const directory = path.join(out, "prometheus/rules")
		const file = path.join(directory, "alerts.yml")
		const original = readFileSync(file, "utf8")
		const mutants: [string, string][] = [
			["ratio_increase15m > 0.5", "ratio_increase15m >= 0.5"],
			["autonomous_reviews_pending) > 20", "autonomous_reviews_pending) > 30"],
			["        for: 30m", "        for: 29m"],
			['status="unhealthy"}) == 1', 'status="degraded"}) == 1'],
			["ratio_rate5m > 0.1", "ratio_rate5m < 0.1"],
		]
		for (const [from, to] of mutants) {
			expect(original).toContain(from)
			writeFileSync(file, original.replace(from, to))
			const { code } = await run(
				"promtool",
				["test", "rules", "tests/alerts.test.yml", "tests/alerts-long.test.yml"],
				directory,
			)
			expect([from, code]).toEqual([from, 1])
		}
	})
})

describe("the golden rules", () => {
	it.each(["strategy", "language"])("of in-%s.yaml pass the tests that were generated with them", async (name) => {
		const golden = path.join(ROOT, "test/golden/rules")
		const directory = path.join(scratch, `golden-${name}`)
		mkdirSync(path.join(directory, "tests"), { recursive: true })
		const files = readdirSync(golden).filter((file) => file.startsWith(`out-${name}-`))
		const tests = files.filter((file) => file.endsWith(".test.yml"))
		for (const file of files)
			writeFileSync(
				path.join(directory, tests.includes(file) ? "tests" : "", file.replace(`out-${name}-`, "")),
				readFileSync(path.join(golden, file), "utf8"),
			)
		expect(tests.length).toBeGreaterThan(0)
		const { code, stdout, stderr } = await run(
			"promtool",
			["test", "rules", ...tests.map((file) => `tests/${file.replace(`out-${name}-`, "")}`)],
			directory,
		)
		expect([code, `${stdout}${stderr}`]).toEqual([0, expect.not.stringContaining("FAILED")])
	})
})

describe("what compiles", () => {
	const plainPaths = PATHS.filter(({ quantity }) => quantity !== "state")
	const window = fc.constantFrom("1m", "5m", "2h", "1d")
	const spell = (spec: (typeof PATHS)[number], pick: string) => spec.path.replace("*", pick)
	const number = fc.constantFrom("0.3", "3", "80%", "$5", "10MB", "250ms", "dailyBudget", "-1")
	const aPath = fc
		.tuple(fc.constantFrom(...plainPaths), fc.constantFrom("*", '"a b"'))
		.map(([spec, pick]) => spell(spec, pick === "*" ? "*" : `'a"b'`))
	const value = fc.letrec<{ value: string; leaf: string }>((tie) => ({
		leaf: fc.oneof(
			aPath,
			number,
			fc
				.tuple(fc.constantFrom("avg", "min", "max", "increase", "rate"), aPath, window)
				.map(([fn, of, over]) => `${fn}(${of}, ${over})`),
			fc.tuple(aPath, window).map(([of, over]) => `quantile(${of}, 95%, ${over})`),
			fc.tuple(aPath, window, window).map(([of, ahead, over]) => `predict(${of}, ${ahead}, ${over})`),
		),
		value: fc.oneof(
			{ maxDepth: 2 },
			tie("leaf"),
			fc
				.tuple(tie("value"), fc.constantFrom("+", "-", "*", "/"), tie("value"))
				.map(([a, op, b]) => `(${a} ${op} ${b})`),
		),
	})).value
	const comparison = fc.oneof(
		fc.tuple(value, fc.constantFrom(">", "<", ">=", "<=", "==", "!="), value).map((parts) => parts.join(" ")),
		fc.constantFrom(
			"health.database.status == 'unhealthy'",
			"health.*.status != 'healthy'",
			"metrics.mcpServers.*.status == 'error'",
			"event.type == 'emergency_stop'",
		),
	)
	const joined = fc.oneof(
		comparison,
		fc.tuple(comparison, fc.constantFrom("&&", "||"), comparison).map((parts) => parts.join(" ")),
	)
	const condition = fc.oneof(
		joined,
		joined.map((inner) => `any(${inner})`),
		joined.map((inner) => `all(${inner})`),
		fc.tuple(joined, joined).map(([a, b]) => `any(${a}) && (${b})`),
	)

	it("is never refused by promtool", async () => {
		const compiled: { text: string; groups: unknown }[] = []
		const sampled = fc.sample(condition, { numRuns: 6_000, seed: 42 })
		for (const text of sampled) {
			const source = createSource(
				"fuzz.yaml",
				`alerts:\n  warning:\n    - name: example\n      condition: ${JSON.stringify(text)}\n      channels: [ops]\n`,
			)
			const { file } = compileAlerts(source)
			if (file) compiled.push({ text, groups: renderAlerts(file, LINKS)[0] })
		}
		expect(compiled.length).toBeGreaterThan(200)
		const file = path.join(scratch, "fuzz.yml")
		writeFileSync(
			file,
			yamlFile("random conditions", {
				groups: compiled.map(({ groups }, i) => ({ ...(groups as object), name: `g${i}` })),
			}),
		)
		const { code, stderr } = await run("promtool", ["check", "rules", "--lint=none", file])
		expect(stderr).toBe("")
		expect(code).toBe(0)
	})
	it("fires in promtool exactly when the condition holds by our own reference evaluator", async () => {
		const entries: string[] = []
		for (const text of fc.sample(condition, { numRuns: 3_000, seed: 7 })) {
			const entry = `    - { name: c${entries.length}, condition: ${JSON.stringify(text)}, duration: 1m, channels: [ops] }\n`
			const { file } = compileAlerts(createSource("one.yaml", `alerts:\n  warning:\n${entry}`))
			if (file && entries.length < 40 && !/(1d|2h)/.test(text)) entries.push(entry)
		}
		const { file } = compileAlerts(createSource("all.yaml", `alerts:\n  warning:\n${entries.join("")}`))
		if (!file) throw new Error("they compile one by one, but not together")
		const { plan, testFiles, tests } = planPrometheus(file, [], LINKS)
		expect(entries).toHaveLength(40)
		expect(tests).toBeGreaterThan(2 * entries.length)
		for (const [name, content] of plan) {
			const target = path.join(scratch, "reference", name)
			mkdirSync(path.dirname(target), { recursive: true })
			if (content !== null) writeFileSync(target, content)
		}
		const { code, stdout, stderr } = await run(
			"promtool",
			["test", "rules", ...testFiles],
			path.join(scratch, "reference"),
		)
		expect(`${stdout}${stderr}`).not.toContain("FAILED")
		expect(code).toBe(0)
	})
})

describe("the routes", () => {
	it("take every alert to alert-webhook and to the channels that it names", async () => {
		const content = parse(readFileSync(path.join(ROOT, "prometheus/rules/alerts.yml"), "utf8")) as {
			groups: { rules: AlertRule[] }[]
		}
		for (const rule of content.groups.flatMap((group) => group.rules)) {
			const labels = Object.entries({ alertname: rule.alert, ...rule.labels }).map(
				([name, value]) => `${name}=${JSON.stringify(value)}`,
			)
			const { stdout } = await run("amtool", [
				"config",
				"routes",
				"test",
				"--config.file",
				"alertmanager/alertmanager.yml",
				...labels,
			])
			const channels = (rule.labels.channels ?? "").split(",").filter((channel) => channel !== "")
			expect([rule.alert, new Set(stdout.trim().split(","))]).toEqual([
				rule.alert,
				new Set(["observatory", ...channels]),
			])
		}
	})
})
