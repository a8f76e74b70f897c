import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { systemClock } from "../../core/lib/clock.ts"
import { ObservatoryError } from "../../core/lib/errors.ts"
import type { Part, Service, Step } from "../../stack/parts/part.ts"
import { type PartsRun, runParts } from "../../stack/parts/run.ts"
import { type Children, createChildren } from "../../stack/process/children.ts"
import { type Guardian, startGuardian } from "../../stack/process/guardian.ts"
import { acquireRunFile, type RunFile, readRun } from "../../stack/process/run-file.ts"
import { eventually } from "../support/process.ts"
import { groupLives } from "../support/stack.ts"

/** A part that is a small Node program; `probe` decides whether it is well. */
function program(name: string, source: string, more: Partial<Service> = {}): Service {
	return {
		kind: "service",
		name,
		title: name,
		needs: [],
		prepare: async () => ({ file: process.execPath, args: ["-e", source], env: process.env, cwd: tmpdir() }),
		probe: async () => undefined,
		readyWithinMs: 2_000,
		stopSignal: "SIGTERM",
		stopWithinMs: 1_000,
		...more,
	}
}
const ENDLESS = "setInterval(() => 0, 1000)"
const step = (name: string, run: Step["run"], more: Partial<Step> = {}): Step => ({
	kind: "step",
	name,
	title: name,
	needs: [],
	run,
	...more,
})

describe("the parts of a run", () => {
	let folder: string
	let guardian: Guardian
	let runFile: RunFile
	let children: Children
	let said: string[]
	let run: PartsRun | undefined

	beforeEach(async () => {
		folder = mkdtempSync(path.join(tmpdir(), "observatory-parts-"))
		said = []
		guardian = await startGuardian(path.join(folder, "guardian.log"))
		runFile = await acquireRunFile(path.join(folder, "runner.json"), new Date())
		// Without setpriv, as on macOS: what ends children here is the guardian alone.
		children = createChildren(guardian, runFile, undefined)
	})
	afterEach(async () => {
		await run?.stop()
		await guardian.release()
		runFile.release()
		rmSync(folder, { recursive: true, force: true })
	})

	const start = (...parts: Part[]) => {
		run = runParts(parts, {
			children,
			clock: systemClock,
			logs: folder,
			probeEveryMs: 50,
			changed: (_, { part, state }) => said.push(`${part.name} ${state}`),
		})
		return run.start()
	}
	const stateOf = (name: string) => run?.statuses().find(({ part }) => part.name === name)
	const pidOf = (name: string) =>
		readRun(path.join(folder, "runner.json"))?.children.find((child) => child.name === name)?.pid ?? 0

	it("start after what they need and stop before it", async () => {
		await start(
			program("b", ENDLESS, { needs: ["setup"] }),
			step("setup", async () => "ready", { needs: ["a"] }),
			program("a", ENDLESS),
		)
		expect(said.filter((line) => / (up|done)$/.test(line))).toEqual(["a up", "setup done", "b up"])
		await run?.stop()
		expect(said.filter((line) => line.endsWith("stopped"))).toEqual(["b stopped", "a stopped"])
	})

	it("do not start when what they need has failed, and say so; the others run", async () => {
		const failing = step("setup", () =>
			Promise.reject(new ObservatoryError("internal", "no room", { advice: "make some" })),
		)
		await start(failing, program("b", ENDLESS, { needs: ["setup"] }), program("a", ENDLESS))
		expect(stateOf("setup")).toMatchObject({ state: "failed", detail: "no room → make some" })
		expect(stateOf("b")).toMatchObject({ state: "failed", detail: "needs setup, which is not there" })
		expect(stateOf("a")?.state).toBe("up")
	})

	it("end the start at once when an essential one fails, with its reason", async () => {
		const reason = "console.error('the disk is full'); process.exit(3)"
		const essential = program("db", reason, {
			essential: true,
			probe: () => Promise.reject(new Error("no one answers")),
		})
		await expect(start(essential, program("a", ENDLESS))).rejects.toThrow("db ended with exit code 3: the disk is full")
	})

	it("are started again when they end", async () => {
		const started = start(program("a", ENDLESS))
		await started
		const first = pidOf("a")
		process.kill(first, "SIGKILL")
		await eventually(() => said.filter((line) => line === "a up").length === 2)
		expect(pidOf("a")).not.toBe(first)
		expect(said).toContain("a restarting")
	})

	it("are degraded while they run and do not answer, and up again afterwards", async () => {
		let well = true
		await start(
			program("a", ENDLESS, { probe: () => (well ? Promise.resolve() : Promise.reject(new Error("too slow"))) }),
		)
		well = false
		await eventually(() => stateOf("a")?.state === "degraded")
		expect(stateOf("a")?.detail).toBe("too slow")
		well = true
		await eventually(() => stateOf("a")?.state === "up")
	})

	it("are stopped again when they do not get ready in time", async () => {
		const deaf = program("a", ENDLESS, { readyWithinMs: 300, probe: () => Promise.reject(new Error("not yet")) })
		await start(deaf)
		expect(stateOf("a")?.detail).toContain("a did not get ready within 300ms: not yet")
		await eventually(() => pidOf("a") === 0)
	})

	it("are named with the command that gets them where they are missing", async () => {
		await start(program("a", "", { prepare: async () => ({ missing: "Grafana", get: "brew install grafana" }) }))
		expect(stateOf("a")).toMatchObject({
			state: "missing",
			detail: "Grafana is not installed; get it: brew install grafana",
		})
	})

	it("end, with whatever they started themselves, when one does not heed the signal", async () => {
		const stubborn = `process.on("SIGTERM", () => 0); require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(ENDLESS)}]); ${ENDLESS}`
		await start(program("a", stubborn, { stopWithinMs: 300 }))
		const leader = pidOf("a")
		await run?.stop()
		expect(groupLives(leader)).toBe(false)
	})

	it("are ended by the guardian when the runner is gone", async () => {
		await start(program("a", `process.on("SIGTERM", () => 0); ${ENDLESS}`, { stopWithinMs: 300 }))
		const leader = pidOf("a")
		// What the guardian sees of a runner that was killed: its pipe closes, and nothing else was said.
		await guardian.release()
		await eventually(() => !groupLives(leader))
	})
})

describe("the run file", () => {
	it("is refused while its owner lives, and taken over with what a dead one left running", async () => {
		const folder = mkdtempSync(path.join(tmpdir(), "observatory-run-"))
		const file = path.join(folder, "runner.json")
		const acquired = await acquireRunFile(file, new Date(0))
		await expect(acquireRunFile(file, new Date())).rejects.toThrow(
			`It already runs here, as process ${process.pid}, since 1970-01-01T00:00:00.000Z`,
		)
		acquired.release()
		expect(readRun(file)).toBeUndefined()
		rmSync(folder, { recursive: true })
	})
})
