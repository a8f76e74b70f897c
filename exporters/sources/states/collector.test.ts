import { appendFileSync, mkdirSync, mkdtempSync, rmSync, truncateSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { Script, START, type Step } from "../../../test/fixtures/states/script.ts"
import { stateCollector } from "./collector.ts"
import { fromLog } from "./from-log.ts"
import { StateTracker } from "./tracker.ts"

const MINUTE = 60_000
const signal = new AbortController().signal

let root: string
let now: number
beforeEach(() => {
	root = mkdtempSync(path.join(tmpdir(), "observatory-states-"))
	mkdirSync(path.join(root, "project"))
	now = START
})
afterEach(() => rmSync(root, { recursive: true }))

const clock = { now: () => now }
const collectorOf = (tracker = new StateTracker(clock.now), roots = [root]) => stateCollector({ roots, tracker, clock })
const fileOf = (name: string) => path.join(root, "project", `${name}.jsonl`)

/** The lines of a script, as those of another session. */
const linesOf = (steps: readonly Step[], session = "a") =>
	steps
		.map(({ line }) => (line ? `${line.text.replace(/"sessionId":"[^"]*"/, `"sessionId":"${session}"`)}\n` : ""))
		.join("")

function write(name: string, text: string): void {
	writeFileSync(fileOf(name), text)
	utimesSync(fileOf(name), now / 1000, now / 1000)
}

/** Sessions by state, without the zeros, and the longest times in seconds. */
async function read(collector: ReturnType<typeof collectorOf>) {
	const samples = await collector.collect(signal)
	const of = (name: string) =>
		Object.fromEntries(
			samples.flatMap((one) =>
				one.series.name === name && "value" in one && one.value !== 0 ? [[String(one.labels.state), one.value]] : [],
			),
		)
	return { sessions: of("autonomous_sessions_by_state"), longest: of("autonomous_session_state_longest_seconds") }
}

const waitingScript = () => {
	const script = new Script().prompt()
	script.open("Edit", { file_path: "a.ts" })
	return script
}

describe("the collector of session states", () => {
	it("shows a session that works, then waits, then works again as its transcript grows", async () => {
		const collector = collectorOf()
		const script = waitingScript()
		write("a", linesOf(script.steps))
		now = START + script.seconds * 1000
		expect(await read(collector)).toEqual({ sessions: { working: 1 }, longest: { working: 2 } })
		now += 10 * MINUTE
		expect(await read(collector)).toEqual({ sessions: { waiting: 1 }, longest: { waiting: 600 } })
		const written = script.steps.length
		script.wait(600).result("toolu_1", "Edit", {}, "updated")
		appendFileSync(fileOf("a"), linesOf(script.steps.slice(written)))
		expect((await read(collector)).sessions).toEqual({ working: 1 })
	})

	it("finds the same after a restart, and leaves transcripts of earlier days alone", async () => {
		write("old", linesOf(waitingScript().steps, "old"))
		now += 25 * 60 * MINUTE
		expect((await read(collectorOf())).sessions).toEqual({})
		now = START + 10 * MINUTE
		write("a", linesOf(waitingScript().steps, "a"))
		expect((await read(collectorOf())).sessions).toEqual({ waiting: 2 })
		expect((await read(collectorOf())).sessions).toEqual({ waiting: 2 })
	})

	it("reads the end of a long transcript, and no half line", async () => {
		const script = new Script().prompt("x".repeat(2_000_000)).times(8, (s) => s.call("Read", { file_path: "a" }))
		write("a", linesOf(script.steps))
		now += script.seconds * 1000
		expect((await read(collectorOf())).sessions).toEqual({ looping: 1 })
		const text = linesOf(waitingScript().steps, "b")
		write("b", text)
		truncateSync(fileOf("b"), text.length - 20)
		now += 5 * MINUTE
		expect((await read(collectorOf())).sessions).toEqual({ looping: 1, working: 1 })
	})

	it("knows sessions of telemetry alone, and says nothing without a source", async () => {
		const tracker = new StateTracker(clock.now)
		const collector = collectorOf(tracker, [])
		expect(await collector.collect(signal)).toEqual([])
		const script = new Script().prompt().call("Bash", { command: "ls" }).end().prompt()
		script.open("Bash", { command: "git push" })
		now += script.seconds * 1000
		for (const { log } of script.steps) if (log) for (const event of fromLog(log, now)) tracker.add(event)
		now += 5 * MINUTE
		expect((await read(collector)).sessions).toEqual({ waiting: 1 })
	})

	it("bounds the sessions that it remembers, and forgets them after a silent day", async () => {
		const tracker = new StateTracker(clock.now, 3)
		for (let i = 0; i < 10; i++) tracker.add({ session: `${i}`, at: now, kind: "prompt" })
		expect(tracker.totals().get("working")?.sessions).toBe(3)
		now += 25 * 60 * MINUTE
		expect([...tracker.totals().values()].every(({ sessions }) => sessions === 0)).toBe(true)
	})

	it("does not believe a clock that is ahead", () => {
		const tracker = new StateTracker(clock.now)
		tracker.add({ session: "a", at: now + 10 * 60 * MINUTE, kind: "prompt" })
		now += 13 * MINUTE
		expect(tracker.totals().get("hung")?.sessions).toBe(1)
	})
})
