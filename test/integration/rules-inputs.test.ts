import { execFile, execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { afterAll, beforeAll, describe, expect, it } from "vitest"

const ROOT = path.resolve(import.meta.dirname, "../..")
const STRATEGY = path.join(ROOT, "test/golden/rules/in-strategy.yaml")
const GOOD = `alerts:
  warning:
    - name: review_backlog
      condition: metrics.reviews.pending > 20
      channels: [slack-ops]
`

let scratch = ""
let out = ""
beforeAll(async () => {
	scratch = mkdtempSync(path.join(tmpdir(), "observatory-inputs-"))
	out = path.join(scratch, "out")
	const { code } = await rules("--file", STRATEGY, "--out", out, "--quick")
	expect(code).toBe(0)
})
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const rules = (...args: string[]) => rulesWith({}, ...args)
const rulesWith = (env: Record<string, string>, ...args: string[]) =>
	new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
		execFile(
			"node",
			["--import", "tsx", "prometheus/main.ts", ...args],
			{ cwd: ROOT, timeout: 30_000, maxBuffer: 64_000_000, env: { ...process.env, ...env } },
			(error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
		)
	})
const file = (name: string, content: string | Buffer, mode?: number) => {
	writeFileSync(path.join(scratch, name), content, { mode })
	return path.join(scratch, name)
}

/** Every file below a directory with its text and the time it was written. */
const snapshot = (directory: string) =>
	Object.fromEntries(
		readdirSync(directory, { recursive: true, encoding: "utf8" }).flatMap((name) => {
			const stat = statSync(path.join(directory, name))
			return stat.isFile() ? [[name, `${stat.mtimeMs} ${readFileSync(path.join(directory, name), "utf8")}`]] : []
		}),
	)

const bomb = `a: &a [x, x]\n${"bcdefghi"
	.split("")
	.map((name, i) => `${name}: &${name} [${`*${"abcdefgh"[i]}, `.repeat(9)}]\n`)
	.join("")}${GOOD}`

describe("npm run rules, given a bad file", () => {
	it.each<[mistake: string, content: string | Buffer, where: string, what: string]>([
		["broken YAML", `${GOOD}    - name: [x\n`, ":6:13:", "the bracket is not closed"],
		["indented with tabs", "alerts:\n\twarning: []\n", ":2:1:", "YAML indents with spaces only"],
		["a YAML bomb of aliases", bomb, ":1:", "aliases expand to more than 100000 values"],
		["an alias of itself", GOOD.replace("[slack-ops]", "&a [slack-ops, *a]"), ":5:", "inside the value that it names"],
		["rules of Prometheus", "groups: []\n", ":1:1:", "a rules file of Prometheus"],
		["a line indented too much", GOOD.replace("      channels", "       channels"), ":5:8:", "as condition on line 4"],
		["brackets 100,000 deep", `alerts: ${"[".repeat(100_000)}`, ":1:", "nested more than 20 deep"],
		[
			"a name twice",
			`${GOOD}${GOOD.split("\n").slice(2).join("\n")}`,
			":6:",
			"a second warning alert named review_backlog",
		],
		["a key twice", `${GOOD}      channels: [slack-dev]\n`, ":6:", "channels"],
		["two documents", `${GOOD}---\n${GOOD}`, ":6:1:", "remove the --- line"],
		["a tag of a program's own", "alerts: !!js/function x\n", ":1:", "tag"],
		[
			"a condition of a megabyte",
			GOOD.replace("20", `20${" && 1 < 2".repeat(120_000)}`),
			":4:",
			"at most 5,000 characters",
		],
		["parentheses without end", GOOD.replace("20", "(".repeat(4_000)), ":4:", "error"],
		["nothing in it", "", ":1:1:", "the file has no alerts"],
		["a number in it", "42", ":1:1:", "expected: a mapping"],
		["UTF-16", Buffer.from(GOOD, "utf16le"), ":1:", "Save the file as UTF-8"],
		[
			"bytes of a program",
			Buffer.concat([Buffer.from(GOOD), Buffer.from([0, 1, 255, 27])]),
			":6:",
			"not text in UTF-8",
		],
		["fields of JavaScript's own objects", `${GOOD}__proto__: { x: 1 }\n`, ":6:", "no field"],
	])("that has %s, says where and what to do, and leaves the output whole", async (mistake, content, where, what) => {
		const before = snapshot(out)
		const name = `${mistake.replaceAll(/\W+/g, "-")}.yaml`
		const { code, stdout, stderr } = await rules("--file", file(name, content), "--out", out)
		const said = stdout + stderr
		expect(code).toBe(1)
		expect(said).toContain(`${name}${where}`)
		expect(said).toContain(what)
		expect(said).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m)
		expect(snapshot(out)).toEqual(before)
	})

	it.each<[what: string, args: () => string[], message: string]>([
		["alerts that are a directory", () => ["--file", scratch], "it is a directory"],
		["alerts that are a device", () => ["--file", "/dev/zero"], "it is a device, not a file"],
		["channels that are a directory", () => ["--file", STRATEGY, "--channels", scratch], "it is a directory"],
		["channels that are not there", () => ["--file", STRATEGY, "--channels", "nowhere.yaml"], "it does not exist"],
		[
			"channels with a mistake",
			() => ["--file", STRATEGY, "--channels", file("channels.yaml", "channels:\n  slack-ops:\n    slak: {}\n")],
			"channels.yaml:3:",
		],
	])("refuses %s and leaves the output whole", async (_, args, message) => {
		const before = snapshot(out)
		const { code, stdout, stderr } = await rules("--out", out, ...args())
		expect([code, stdout + stderr]).toEqual([1, expect.stringContaining(message)])
		expect(snapshot(out)).toEqual(before)
	})
})

describe("the strategy's own file", () => {
	it("compiles elsewhere with exit code 0, and a second time without proving again what is there", async () => {
		const elsewhere = path.join(scratch, "strategy")
		const first = await rules("--file", STRATEGY, "--out", elsewhere, "--format", "json")
		expect(first.code).toBe(0)
		expect(JSON.parse(first.stdout)).toMatchObject({
			result: "written",
			alerts: 8,
			checks: [
				{ tool: "promtool check rules", result: "passed" },
				{ tool: "amtool check-config", result: "passed" },
				{ tool: "promtool test rules", result: "passed" },
			],
		})
		const before = snapshot(elsewhere)
		const second = await rules("--file", STRATEGY, "--out", elsewhere, "--format", "json")
		expect([second.code, JSON.parse(second.stdout)]).toMatchObject([0, { result: "unchanged", checks: [] }])
		expect(snapshot(elsewhere)).toEqual(before)
	})

	it("is compiled from a pipe as well", async () => {
		const pipe = path.join(scratch, "pipe")
		execFileSync("mkfifo", [pipe])
		const writer = spawn("cp", [STRATEGY, pipe], { stdio: "ignore" })
		const { code } = await rules("--file", pipe, "--out", path.join(scratch, "piped"), "--quick")
		expect(code).toBe(0)
		if (writer.exitCode === null) await once(writer, "exit")
	})
})

describe("the shipped file", () => {
	it("is not tested again where only addresses differ from what is committed", async () => {
		const address = ["--webhook-url", "http://127.0.0.1:5099", "--console-url", "http://127.0.0.1:5099"]
		const { code, stdout } = await rules("--out", path.join(scratch, "runner"), ...address, "--format", "json")
		expect(code).toBe(0)
		expect(JSON.parse(stdout).checks.map(({ tool }: { tool: string }) => tool)).toEqual([
			"promtool check rules",
			"amtool check-config",
		])
	})
})

describe("a file that is edited while it is compiled", () => {
	it("is not compiled from what it said before: nothing is written, and the command says so", async () => {
		const edited = file("edited.yaml", GOOD)
		const tools = path.join(scratch, "tools")
		mkdirSync(tools)
		// A person saves the file while promtool looks at the result.
		file("tools/promtool", `#!/bin/sh\necho "# saved again" >> ${edited}\nexit 0\n`, 0o755)
		const before = snapshot(out)
		const env = { PATH: `${tools}:${process.env.PATH}` }
		const { code, stderr } = await rulesWith(env, "--file", edited, "--out", out)
		expect(code).toBe(1)
		expect(stderr).toContain("edited.yaml changed while being compiled; nothing was written")
		expect(snapshot(out)).toEqual(before)
	})

	it("over and over leaves an output that is whole each time: that of one of its versions", async () => {
		const target = path.join(scratch, "edited-often")
		const edited = file("often.yaml", GOOD)
		const rendered = path.join(target, "prometheus/rules/alerts.yml")
		let writing = true
		const editor = (async () => {
			for (let i = 0; writing; i++) {
				writeFileSync(edited, GOOD.replace("20", String(20 + (i % 2))))
				await sleep(150)
			}
		})()
		const codes: number[] = []
		for (let i = 0; i < 6; i++) {
			codes.push((await rules("--file", edited, "--out", target, "--quick")).code)
			if (codes.includes(0)) expect(readFileSync(rendered, "utf8")).toMatch(/autonomous_reviews_pending\) > 2[01]$/m)
			expect(
				readdirSync(scratch, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".tmp")),
			).toEqual([])
		}
		writing = false
		await editor
		expect(codes.every((code) => code === 0 || code === 1)).toBe(true)
		expect((await rules("--file", edited, "--out", target, "--quick")).code).toBe(0)
	})
})
