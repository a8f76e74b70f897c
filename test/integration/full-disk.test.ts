import {
	copyFileSync,
	existsSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { systemClock } from "../../core/lib/clock.ts"
import { writeAtomic } from "../../core/lib/files.ts"
import { keepStatusFile, readStatus } from "../../stack/control/status-file.ts"
import type { Service } from "../../stack/parts/part.ts"
import { runParts } from "../../stack/parts/run.ts"
import { boundLogs } from "../../stack/process/bound-logs.ts"
import { createChildren } from "../../stack/process/children.ts"
import { projectRoot } from "../../stack/process/node-command.ts"
import { startReaper } from "../../stack/process/reaper.ts"
import { acquireRunFile, readRun } from "../../stack/process/run-file.ts"
import { type SmallDisk, smallDisk } from "../support/full-disk.ts"
import { eventually } from "../support/process.ts"

/** Where nothing may be mounted the writers themselves run out of space. */
function pretendedDisk(): Omit<SmallDisk, "freeze"> & { readonly isFull: () => boolean } {
	const folder = mkdtempSync(path.join(tmpdir(), "observatory-disk-"))
	let full = false
	return {
		folder,
		isFull: () => full,
		fill: () => {
			full = true
		},
		free: () => {
			full = false
		},
		remove: () => rmSync(folder, { recursive: true, force: true }),
	}
}

const noSpace = () => Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" })

/** A program of ours that logs without end. */
const chatty: Service = {
	kind: "service",
	name: "chatty",
	title: "Chatty",
	needs: [],
	prepare: async () => {
		const log = path.join(projectRoot, "core/lib/log.ts")
		const source = `import { createLogger } from ${JSON.stringify(log)}
			const log = createLogger("chatty")
			setInterval(() => log.info("x".repeat(1000)), 20)`
		const args = ["--import", "tsx", "--input-type=module", "-e", source]
		return { file: process.execPath, args, env: process.env, cwd: projectRoot }
	},
	ports: [],
	probe: async () => undefined,
	readyWithinMs: 30_000,
	stopSignal: "SIGTERM",
	stopWithinMs: 1_000,
	supervision: { firstDelayMs: 50, longestDelayMs: 100 },
}

describe("on a full disk", () => {
	let disk: Omit<SmallDisk, "freeze">
	let full: () => boolean
	let isReal: boolean
	let over: AbortController

	beforeEach(() => {
		const small = smallDisk()
		const pretended = small === undefined ? pretendedDisk() : undefined
		disk = small ?? (pretended as Omit<SmallDisk, "freeze">)
		isReal = small !== undefined
		full = pretended?.isFull ?? (() => false)
		over = new AbortController()
	})
	afterEach(() => {
		over.abort()
		disk.remove()
	})

	const write: typeof writeAtomic = (...args) => {
		if (full()) throw noSpace()
		writeAtomic(...args)
	}

	it("the runner and its parts continue, parts are restarted, and all is recorded once there is space", async () => {
		const runFile = path.join(disk.folder, "runner.json")
		const logFile = path.join(disk.folder, "chatty.log")
		const reaper = await startReaper(path.join(disk.folder, "reaper.log"))
		const acquired = await acquireRunFile(runFile, new Date(), write)
		const children = createChildren(reaper, acquired, undefined)
		const run = runParts([chatty], {
			children,
			clock: systemClock,
			logs: disk.folder,
			probeEveryMs: 50,
			changed: () => undefined,
		})
		try {
			await run.start()
			keepStatusFile(disk.folder, run.statuses, over.signal, write)
			await eventually(() => statSync(logFile).size > 0)
			const pidOf = () => readRun(runFile)?.children[0]?.pid ?? 0
			const first = pidOf()
			disk.fill()
			await sleep(1_000)
			expect(run.statuses()[0]).toMatchObject({ state: "up", restarts: 0 })

			process.kill(first, "SIGKILL")
			await eventually(() => run.statuses()[0]?.restarts === 1 && run.statuses()[0]?.state === "up")
			await sleep(2_000)
			expect(run.statuses()[0]).toMatchObject({ state: "up", restarts: 1 })
			// The run file is that of the time when there was space.
			expect(pidOf()).toBe(first)

			disk.free()
			await eventually(() => pidOf() !== first && pidOf() !== 0)
			await eventually(() => readStatus(disk.folder)?.parts[0]?.restarts === 1)
			expect(readdirSync(disk.folder).filter((name) => name.endsWith(".new"))).toEqual([])
			// Another process has no replacement for the disk.
			if (!isReal) return
			await eventually(() => statSync(logFile).size > 0)
			disk.fill()
			await sleep(1_000)
			disk.free()
			await eventually(() => readFileSync(logFile, "utf8").includes("log lines were dropped"))
		} finally {
			await run.stop()
			await reaper.release()
			acquired.release()
		}
	})

	it("a log that grows too large is emptied and says what is missing", async () => {
		const log = path.join(disk.folder, "a.log")
		const copy = (from: string, to: string) => {
			if (full()) throw noSpace()
			copyFileSync(from, to)
		}
		boundLogs(disk.folder, over.signal, { largestBytes: 10_000, everyMs: 20, copy })
		writeFileSync(log, "a".repeat(20_000))
		await eventually(() => statSync(log).size === 0)
		expect(statSync(`${log}.1`).size).toBe(20_000)

		writeFileSync(log, "b".repeat(9_000))
		disk.fill()
		// Into the file's last block, which is its own on a full disk too.
		writeFileSync(log, "b".repeat(1_100), { flag: "a" })
		await eventually(() =>
			readFileSync(log, "utf8").startsWith("mcp-observatory: 10100 bytes of this log were dropped (ENOSPC)"),
		)
		expect(existsSync(`${log}.2`)).toBe(false)
		expect(readFileSync(`${log}.1`, "utf8").startsWith("a")).toBe(true)
		expect(readdirSync(disk.folder).filter((name) => name.endsWith(".new"))).toEqual([])
	})
})
