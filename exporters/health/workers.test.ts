import { spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { describe, expect, it, onTestFinished } from "vitest"
import { z } from "zod"
import { loadConfig } from "../../core/lib/config.ts"
import { workers } from "../sources/processes/config.ts"
import { type Process, type ProcessTable, parseProc, parsePs, processTable } from "../sources/processes/table.ts"
import { workersCollector } from "./workers.ts"

const signal = new AbortController().signal
const values = (samples: Awaited<ReturnType<ReturnType<typeof workersCollector>["collect"]>>) =>
	Object.fromEntries(
		samples.map((s) => [
			`${s.series.name.replace("autonomous_worker_", "")} ${s.labels.worker}`,
			"value" in s ? s.value : undefined,
		]),
	)

describe("the WORKERS variable", () => {
	const parse = (text: string) => loadConfig(z.object({ WORKERS: workers() }), { WORKERS: text }).WORKERS

	it("names workers by pid, pid file or command", () => {
		expect(parse("a=pid:12, b=pidfile:/run/b.pid,c=command:claude --model x")).toEqual([
			{ name: "a", by: "pid", value: "12" },
			{ name: "b", by: "pidfile", value: "/run/b.pid" },
			{ name: "c", by: "command", value: "claude --model x" },
		])
		expect(parse("")).toEqual([])
	})

	it.each(["a", "a=12", "a=pid:x", "=pid:1", "a=pid:1,a=pid:2"])("refuses %s", (text) => {
		expect(() => parse(text)).toThrow(/WORKERS/)
	})
})

describe("reading processes", () => {
	const stat = "42 (a (b) c) S 1 42 42 0 -1 4194560 1 0 0 0 150 50 0 0 20 0 1 0 987654 1000 25 18446744073709551615"

	it("reads CPU time, memory and start from /proc, whatever the name contains", () => {
		expect(parseProc(42, "a", stat, "Name:\ta\nVmRSS:\t   2048 kB\n")).toEqual({
			pid: 42,
			started: "987654",
			command: "a",
			residentBytes: 2_097_152,
			cpuSeconds: 2,
		})
	})

	it("ignores a zombie", () => {
		expect(parseProc(42, "a", stat.replace(") S", ") Z"), "")).toBeUndefined()
	})

	it("reads the output of ps on Linux and macOS", () => {
		const text =
			"    1 Ss     1234 00:00:07 /sbin/init splash\n  812 S     20480   1:02.50 node agent.js\n  813 Z 0 00:00:00 gone\n 9000 R 4 2-03:04:05 long\n"
		expect(
			parsePs(text).map(({ pid, residentBytes, cpuSeconds, command }) => [pid, residentBytes, cpuSeconds, command]),
		).toEqual([
			[1, 1_263_616, 7, "/sbin/init splash"],
			[812, 20_971_520, 62.5, "node agent.js"],
			[9000, 4_096, 183_845, "long"],
		])
	})

	it("finds a running process", async () => {
		const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)", "a-worker-of-this-test"], {
			stdio: "ignore",
		})
		onTestFinished(() => void child.kill())
		const [found] = await processTable(process.platform)((pid) => pid === child.pid, signal)
		expect(found?.command).toContain("a-worker-of-this-test")
		expect(found?.residentBytes).toBeGreaterThan(1_000_000)
	})
})

describe("the workers collector", () => {
	const made = (pid: number, started: string, command: string, cpuSeconds: number, residentBytes = 100): Process => ({
		pid,
		started,
		command,
		cpuSeconds,
		residentBytes,
	})

	it("adds up a worker's processes, and never lowers its CPU time when processes start and exit", async () => {
		let running: readonly Process[] = []
		const table: ProcessTable = async (wanted) => running.filter(({ pid, command }) => wanted(pid, command))
		const collector = workersCollector([{ name: "agent", by: "command", value: "agent.js" }], table)
		expect(values(await collector.collect(signal))).toEqual({
			"up agent": 0,
			"processes agent": 0,
			"resident_memory_bytes agent": 0,
			"cpu_seconds_total agent": 0,
		})
		running = [made(1, "a", "node agent.js", 5), made(2, "b", "node agent.js", 1), made(3, "c", "other", 50)]
		expect(values(await collector.collect(signal))).toEqual({
			"up agent": 1,
			"processes agent": 2,
			"resident_memory_bytes agent": 200,
			"cpu_seconds_total agent": 6,
		})
		// One process continues; the other exited and a new process has its pid.
		running = [made(1, "a", "node agent.js", 7), made(2, "z", "node agent.js", 0.5)]
		expect(values(await collector.collect(signal))).toMatchObject({ "cpu_seconds_total agent": 8.5 })
		running = []
		expect(values(await collector.collect(signal))).toMatchObject({ "up agent": 0, "cpu_seconds_total agent": 8.5 })
	})

	it("finds a worker by its pid file; without the file the worker is down", async () => {
		const folder = mkdtempSync(path.join(tmpdir(), "observatory-worker-"))
		onTestFinished(() => rmSync(folder, { recursive: true }))
		const file = path.join(folder, "agent.pid")
		const collector = workersCollector([{ name: "agent", by: "pidfile", value: file }], processTable(process.platform))
		expect(values(await collector.collect(signal))).toMatchObject({ "up agent": 0 })
		writeFileSync(file, `${process.pid}\n`)
		expect(values(await collector.collect(signal))).toMatchObject({ "up agent": 1, "processes agent": 1 })
	})
})
