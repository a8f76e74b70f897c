import { spawnSync } from "node:child_process"
import { describe, expect, it } from "vitest"
import { loadConfig } from "../../core/lib/config.ts"
import { webhookEnvironment } from "../config.ts"
import { CRASH_POINTS, crashAt, parseCrash } from "./crash-points.ts"

const environment = (CRASH_AT?: string) =>
	loadConfig(webhookEnvironment, {
		DATABASE_URL: "postgres://nobody@127.0.0.1/nothing",
		WEBHOOK_TOKEN: "a-token-of-enough-characters",
		...(CRASH_AT === undefined ? {} : { CRASH_AT }),
	})

describe("a step at which a process is to die", () => {
	it.each(CRASH_POINTS)("can be %s", (step) => {
		expect(parseCrash(step)).toEqual({ step, passing: 1 })
		expect(parseCrash(`${step}:12`)).toEqual({ step, passing: 12 })
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

	it("is none unless the environment names it", () => {
		expect(environment().CRASH_AT).toBeUndefined()
		expect(environment("notices.read:3").CRASH_AT).toEqual({ step: "notices.read", passing: 3 })
	})

	it("is refused with all the names that there are when it is not one of them", () => {
		expect(() => environment("intake.forgotten")).toThrow(/CRASH_AT: expected .*intake\.parsed, .*"intake\.forgotten"/)
	})
})

describe("a process that is to die at a step", () => {
	it("goes on at every other step and dies at the passing that was asked for, once", () => {
		let at = 0
		const died: number[] = []
		const reached = crashAt({ step: "notices.read", passing: 2 }, () => died.push(at))
		const passed = ["notices.posted", "notices.read", "notices.posted", "notices.read", "notices.read"] as const
		for (const step of passed) {
			reached(step)
			at++
		}
		expect(died).toEqual([3])
	})

	it("does nothing after it: no line, no handler, no tidying up", () => {
		const script = `
			import { crashAt, killProcess } from "./alert-webhook/domain/crash-points.ts"
			process.on("exit", () => console.log("left in order"))
			const reached = crashAt({ step: "intake.parsed", passing: 1 }, killProcess)
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
