import { spawnSync } from "node:child_process"
import { describe, expect, it } from "vitest"
import { loadConfig } from "../../core/lib/config.ts"
import { webhookEnvironment } from "../config.ts"
import { CRASH_POINTS, crashAt, parseCrash } from "./crash-points.ts"

const environment = (CRASH_AT?: string) =>
	loadConfig(webhookEnvironment, {
		DATABASE_URL: "postgres://user@127.0.0.1/none",
		WEBHOOK_TOKEN: "a-token-of-enough-characters",
		...(CRASH_AT === undefined ? {} : { CRASH_AT }),
	})

describe("a configured crash point", () => {
	it.each(CRASH_POINTS)("can be %s", (point) => {
		expect(parseCrash(point)).toEqual({ point, passing: 1 })
		expect(parseCrash(`${point}:12`)).toEqual({ point, passing: 12 })
	})

	it.each([
		"",
		"intake",
		"intake.parsed:",
		"intake.parsed:0",
		"intake.parsed:-1",
		"intake.parsed:x",
		"a:intake.parsed",
	])("cannot be %j", (text) => expect(parseCrash(text)).toBeUndefined())

	it("is absent unless the environment names it", () => {
		expect(environment().CRASH_AT).toBeUndefined()
		expect(environment("pages.read:3").CRASH_AT).toEqual({ point: "pages.read", passing: 3 })
	})

	it("is refused with the list of all names when it is unknown", () => {
		expect(() => environment("intake.forgotten")).toThrow(/CRASH_AT: expected .*intake\.parsed, .*"intake\.forgotten"/)
	})
})

describe("a process with a crash point", () => {
	it("continues at every other point and dies at the configured passing, once", () => {
		let at = 0
		const died: number[] = []
		const reached = crashAt({ point: "pages.read", passing: 2 }, () => died.push(at))
		const passed = ["pages.posted", "pages.read", "pages.posted", "pages.read", "pages.read"] as const
		for (const point of passed) {
			reached(point)
			at++
		}
		expect(died).toEqual([3])
	})

	it("runs nothing after the crash: no line, no handler, no cleanup", () => {
		const script = `
			import { crashAt, killProcess } from "./alert-webhook/domain/crash-points.ts"
			process.on("exit", () => console.log("left in order"))
			const reached = crashAt({ point: "intake.parsed", passing: 1 }, killProcess)
			console.log("before")
			reached("intake.parsed")
			console.log("after")`
		const { stdout, signal } = spawnSync(
			process.execPath,
			["--import", "tsx", "--input-type=module", "--eval", script],
			{ encoding: "utf8" },
		)
		expect({ stdout, signal }).toEqual({ stdout: "before\n", signal: "SIGKILL" })
	})
})
