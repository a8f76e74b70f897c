import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { describe, expect, it } from "vitest"
import { readRestarters } from "./config.ts"
import { restart } from "./restart.ts"

const ENV = { PATH: "/usr/bin:/bin", HOME: "/" }
const run = (script: string, signal = AbortSignal.timeout(10_000)) =>
	restart({ exec: [process.execPath, "-e", script] }, ENV, signal)

describe("restart", () => {
	it("runs a program with its arguments as they are, without a shell and without our environment", async () => {
		const file = path.join(mkdtempSync(path.join(tmpdir(), "restarter-")), "out")
		process.env.RESTARTER_TEST_SECRET = "secret"
		const script = `require("fs").writeFileSync(${JSON.stringify(file)}, JSON.stringify([process.argv[1], process.env.RESTARTER_TEST_SECRET ?? null]))`
		await restart({ exec: [process.execPath, "-e", script, "$(id) ; `id`"] }, ENV, AbortSignal.timeout(10_000))
		const { readFileSync } = await import("node:fs")
		expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(["$(id) ; `id`", null])
	})

	it("fails with the program's output, and ends one that takes too long", async () => {
		await expect(run(`console.error("no such unit"); process.exit(5)`)).rejects.toThrow(/no such unit/)
		const startedAt = Date.now()
		await expect(run("setInterval(() => 0, 1000)", AbortSignal.timeout(300))).rejects.toThrow()
		expect(Date.now() - startedAt).toBeLessThan(5_000)
	})
})

describe("readRestarters", () => {
	const file = (text: string) => {
		const name = path.join(mkdtempSync(path.join(tmpdir(), "restarter-")), "remediation.yaml")
		writeFileSync(name, text)
		return name
	}

	it("reads every kind of restarter", () => {
		const text = `workers:
  analysis: { systemd: analysis@1.service }
  eval: { container: eval-worker }
mcp_servers:
  everything: { http: { url: "http://127.0.0.1:9500/restart" } }
  memory: { exec: [/usr/bin/true, now] }`
		const { workers } = readRestarters(file(text))
		expect(workers.get("eval")).toEqual({ container: "eval-worker", engine: "docker" })
		expect(workers.has("constructor")).toBe(false)
	})

	it.each([
		["workers: { a: { systemd: --force } }", /workers\.a/],
		["workers: { a: { systemd: 'x; rm -rf /' } }", /workers\.a/],
		["workers: { a: { exec: [restart.sh] } }", /workers\.a/],
		["wokers: {}", /wokers/],
		["workers: [", /cannot be read/],
	])("refuses %s", (text, message) => {
		expect(() => readRestarters(file(text))).toThrow(message)
	})
})
