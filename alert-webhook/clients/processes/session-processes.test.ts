import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { afterAll, afterEach, describe, expect, it } from "vitest"
import { readProcess } from "./proc.ts"
import { createSessionProcesses } from "./session-processes.ts"

const folder = mkdtempSync(path.join(tmpdir(), "observatory-processes-"))
const program = path.join(folder, "agent")
/** The program of a session: how it takes signals, and what it starts, in a group of its own as a tool is. */
const write = (traps: string, ready = path.join(folder, "ready")) => {
	const script = `#!/bin/sh\n${traps}\nsetsid sh -c 'trap "" INT; sleep 1000 & echo $$ $! > ${ready}.part; mv ${ready}.part ${ready}; wait' &\nwhile true; do sleep 0.05; done\n`
	writeFileSync(program, script)
	chmodSync(program, 0o755)
	rmSync(ready, { force: true })
	return ready
}
const children: ChildProcess[] = []
const start = (command: string, args: readonly string[] = []) => {
	const child = spawn(command, args, { stdio: "ignore", detached: true })
	children.push(child)
	return child
}
const pidsIn = async (file: string): Promise<number[]> => {
	while (!existsSync(file)) await sleep(20)
	return readFileSync(file, "utf8").trim().split(" ").map(Number)
}
const uids = [process.getuid?.() ?? 0]
const processes = createSessionProcesses({ programs: [program], uids })

afterEach(() => {
	for (const { pid } of children.splice(0))
		try {
			if (pid !== undefined) process.kill(-pid, "SIGKILL")
		} catch {
			// It has ended.
		}
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.skipIf(process.platform !== "linux")("the sessions' processes", () => {
	it.each([
		["ends when it is asked", "trap 'exit 0' INT", "SIGINT"],
		["ends when it is terminated", "trap '' INT", "SIGTERM"],
		["has to be killed", "trap '' INT TERM", "SIGKILL"],
	] as const)("end with their tools, and each signal counts: a session that %s", async (_, traps, last) => {
		const ready = write(traps)
		const session = start(program)
		const ended = once(session, "exit")
		const tools = await pidsIn(ready)
		const result = await processes.end()
		expect(result).toMatchObject({ sessions: [{ pid: session.pid, program }], problems: [] })
		await ended
		for (const pid of tools) expect(await readProcess(pid)).toBeUndefined()
		expect(result.signals.SIGINT).toBe(1)
		// What an asked session leaves behind is terminated.
		expect(result.signals.SIGTERM).toBeGreaterThan(0)
		expect(result.signals.SIGKILL > 0).toBe(last === "SIGKILL")
		expect(processes.take()).toEqual([result])
		expect(processes.unrecorded).toBe(0)
	})

	it("are no other program's, though it names the session's program", async () => {
		write("trap 'exit 0' INT")
		const others = [start("tail", ["-f", program]), start("sh", ["-c", `sleep 100 # ${program}`])]
		await Promise.all(others.map((child) => once(child, "spawn")))
		expect(await processes.end()).toMatchObject({ signals: { SIGINT: 0, SIGTERM: 0, SIGKILL: 0 }, problems: [] })
		for (const { pid } of others) expect(await readProcess(pid ?? 0)).toBeDefined()
		expect(processes.unrecorded).toBe(0)
	})

	it("of other users are named and left alone", async () => {
		const ready = write("trap 'exit 0' INT")
		const session = start(program)
		await pidsIn(ready)
		const { problems, signals } = await createSessionProcesses({ programs: [program], uids: [4_000_000] }).end()
		expect(problems).toEqual([expect.stringMatching(`^Process ${session.pid} .* is a session of the user \\d+`)])
		expect(signals.SIGINT).toBe(0)
		expect(await readProcess(session.pid ?? 0)).toBeDefined()
		await processes.end()
	})
})
