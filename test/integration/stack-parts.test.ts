import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { type AddressInfo, createServer } from "node:net"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { systemClock } from "../../core/lib/clock.ts"
import { ObservatoryError } from "../../core/lib/errors.ts"
import type { Part, Service, Step } from "../../stack/parts/part.ts"
import { type PartsRun, runParts } from "../../stack/parts/run.ts"
import { probeHttp } from "../../stack/probe.ts"
import { type Children, createChildren } from "../../stack/process/children.ts"
import { type Reaper, startReaper } from "../../stack/process/reaper.ts"
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
		ports: [],
		probe: async () => undefined,
		readyWithinMs: 2_000,
		stopSignal: "SIGTERM",
		stopWithinMs: 1_000,
		...more,
	}
}
const ENDLESS = "setInterval(() => 0, 1000)"
const QUICK = { firstDelayMs: 10, longestDelayMs: 50, hungAfter: 4 }

/** A program that answers over HTTP, checked as the real ones are. */
function server(name: string, folder: string, source: string, more: Partial<Service> = {}): Service {
	const portFile = path.join(folder, "port")
	const serve = `require("node:http").createServer((_, res) => res.end("ok")).listen(0, "127.0.0.1", function () {
		require("node:fs").writeFileSync(${JSON.stringify(portFile)}, String(this.address().port)) })`
	const probe = async (signal: AbortSignal) => {
		const soon = AbortSignal.any([signal, AbortSignal.timeout(300)])
		await probeHttp(`http://127.0.0.1:${readFileSync(portFile, "utf8")}/`, soon)
	}
	return program(name, `${source}; ${serve}`, { probe, readyWithinMs: 10_000, supervision: QUICK, ...more })
}
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
	let reaper: Reaper
	let runFile: RunFile
	let children: Children
	let said: string[]
	let run: PartsRun | undefined

	beforeEach(async () => {
		folder = mkdtempSync(path.join(tmpdir(), "observatory-parts-"))
		said = []
		reaper = await startReaper(path.join(folder, "reaper.log"))
		runFile = await acquireRunFile(path.join(folder, "runner.json"), new Date())
		// Without setpriv, as on macOS: what ends children here is the reaper alone.
		children = createChildren(reaper, runFile, undefined)
	})
	afterEach(async () => {
		await run?.stop()
		await reaper.release()
		runFile.release()
		rmSync(folder, { recursive: true, force: true })
	})

	const start = (...parts: Part[]) => {
		run = runParts(parts, {
			children,
			clock: systemClock,
			logs: folder,
			probeEveryMs: 50,
			changed: (_, { part, state }) => {
				const line = `${part.name} ${state}`
				if (said.at(-1) !== line) said.push(line)
			},
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
		expect(stateOf("b")).toMatchObject({ state: "failed", detail: "needs setup, which failed" })
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
		expect(said).toContain("a backing off")
		expect(stateOf("a")).toMatchObject({ restarts: 1, lastExit: { how: "ended by SIGKILL", words: "" } })
	})

	it("do not believe another program on their port, send it nothing, and run once it is gone", async () => {
		let asked = 0
		const other = createServer((socket) => {
			asked++
			socket.destroy()
		})
		await new Promise<void>((listens) => other.listen(0, "127.0.0.1", listens))
		const { port } = other.address() as AddressInfo
		const serve = `require("node:http").createServer((_, res) => res.end("ok")).listen(${port}, "127.0.0.1")`
		const probe = (signal: AbortSignal) => probeHttp(`http://127.0.0.1:${port}/`, signal)
		await start(program("a", serve, { ports: [port], probe, supervision: QUICK }))
		const said = new RegExp(`another program answers on port ${port}: .* \\(process ${process.pid}\\)`)
		await eventually(() => said.test(stateOf("a")?.detail ?? ""))
		expect(asked).toBe(0)
		await new Promise((closed) => other.close(closed))
		await eventually(() => stateOf("a")?.state === "up")
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
		expect(stateOf("a")?.detail).toContain("did not get ready within 300ms: not yet")
		await eventually(() => pidOf("a") === 0)
	})

	it("start as soon as what they need is ready, at whichever try that is", async () => {
		let well = false
		const slow = program("a", ENDLESS, {
			readyWithinMs: 300,
			probe: () => (well ? Promise.resolve() : Promise.reject(new Error("not yet"))),
			supervision: QUICK,
		})
		await start(program("b", ENDLESS, { needs: ["a"] }), slow)
		expect(stateOf("b")).toMatchObject({ state: "blocked", detail: "starts as soon as a is ready" })
		well = true
		await eventually(() => stateOf("b")?.state === "up")
	})

	it("are restarted whenever they are killed, far more often than six times", async () => {
		await start(program("a", ENDLESS, { supervision: QUICK }))
		let killed = 0
		for (; killed < 12; killed++) {
			const pid = await eventually(() => stateOf("a")?.state === "up" && pidOf("a"))
			process.kill(pid, "SIGKILL")
			await eventually(() => pidOf("a") !== pid)
		}
		await eventually(() => stateOf("a")?.state === "up")
		expect(stateOf("a")?.restarts).toBe(killed)
	})

	it("are ended and restarted when they hang, and what they started with them", async () => {
		const child = `require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(ENDLESS)}])`
		await start(server("a", folder, child))
		const hung = pidOf("a")
		process.kill(-hung, "SIGSTOP")
		await eventually(() => stateOf("a")?.state === "up" && pidOf("a") !== hung && pidOf("a") !== 0)
		expect(said.slice(said.indexOf("a degraded"))).toEqual([
			"a degraded",
			"a hung",
			"a backing off",
			"a starting",
			"a up",
		])
		expect(groupLives(hung)).toBe(false)
		expect(stateOf("a")?.lastExit?.how).toMatch(/^did not answer 4 checks: .*; ended by SIGTERM$/)
	})

	it("are killed when they hang and ignore the signal", async () => {
		await start(server("a", folder, `process.on("SIGTERM", () => 0)`, { stopWithinMs: 300 }))
		const hung = pidOf("a")
		process.kill(-hung, "SIGSTOP")
		await eventually(() => stateOf("a")?.lastExit?.how.endsWith("; ended by SIGKILL"))
		await eventually(() => stateOf("a")?.state === "up")
	})

	it("do not wait for the end of the pause when a person repairs them", async () => {
		const slow = { firstDelayMs: 3_600_000, longestDelayMs: 3_600_000 }
		await start(program("a", ENDLESS, { supervision: slow }))
		process.kill(pidOf("a"), "SIGKILL")
		await eventually(() => stateOf("a")?.state === "backing off")
		expect((stateOf("a")?.retryAt ?? 0) - Date.now()).toBeGreaterThan(3_000_000)
		run?.repair("a")
		await eventually(() => stateOf("a")?.state === "up")
	})

	it("are looked for again when a person repairs one that was missing", async () => {
		let there = false
		const found = { file: process.execPath, args: ["-e", ENDLESS], env: process.env, cwd: tmpdir() }
		const late = { prepare: async () => (there ? found : { missing: "Grafana", get: "brew install grafana" }) }
		await start(program("a", "", late))
		there = true
		run?.repair("a")
		await eventually(() => stateOf("a")?.state === "up")
	})

	it("stay stopped on request, also before their turn came, until a person repairs them", async () => {
		let well = false
		const slow = { readyWithinMs: 200, probe: () => (well ? Promise.resolve() : Promise.reject(new Error("not yet"))) }
		await start(program("b", ENDLESS, { needs: ["a"] }), program("a", ENDLESS, { ...slow, supervision: QUICK }))
		await run?.pause("b")
		well = true
		await eventually(() => stateOf("a")?.state === "up")
		await run?.pause("a")
		expect([stateOf("a")?.state, stateOf("b")?.state]).toEqual(["paused", "paused"])
		expect(readRun(path.join(folder, "runner.json"))?.children).toEqual([])
		for (const name of ["a", "b"]) run?.repair(name)
		await eventually(() => stateOf("a")?.state === "up" && stateOf("b")?.state === "up")
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

	it("are still ended by the reaper when the first one was killed", async () => {
		await start(program("a", `process.on("SIGTERM", () => 0); ${ENDLESS}`, { stopWithinMs: 300 }))
		const leader = pidOf("a")
		const first = reaper.pid
		process.kill(first, "SIGKILL")
		await eventually(() => reaper.pid !== first)
		await reaper.release()
		await eventually(() => !groupLives(leader))
	})

	it("are ended by the reaper when the runner is gone", async () => {
		await start(program("a", `process.on("SIGTERM", () => 0); ${ENDLESS}`, { stopWithinMs: 300 }))
		const leader = pidOf("a")
		// What the reaper sees of a runner that was killed: its pipe closes, and nothing else was said.
		await reaper.release()
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
