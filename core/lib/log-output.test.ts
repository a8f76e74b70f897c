import { spawnSync } from "node:child_process"
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { describe, expect, it, onTestFinished } from "vitest"
import { createLogger } from "./log.ts"
import { LogOutput } from "./log-output.ts"

/** A disk with room for so many bytes. */
function disk(room: number, code = "ENOSPC") {
	let text = ""
	let left = room
	const write = (_fd: number, bytes: Uint8Array, offset: number) => {
		if (left === 0) throw Object.assign(new Error("no room"), { code })
		const taken = Math.min(left, bytes.length - offset)
		left -= taken
		text += Buffer.from(bytes.subarray(offset, offset + taken)).toString()
		return taken
	}
	const notice = (dropped: number, reason: string) => `${dropped} dropped: ${reason}\n`
	const output = new LogOutput({ write, notice, retryEveryMs: 20 })
	return { output, text: () => text, free: (bytes: number) => (left = bytes) }
}

describe("a log on a full disk", () => {
	it.each(["ENOSPC", "EDQUOT", "EROFS", "EIO", "EPIPE"])("drops lines on %s, and says how many afterwards", (code) => {
		const { output, text, free } = disk(2, code)
		for (const line of ["a\n", "b\n", "c\n"]) output.write(line)
		expect(text()).toBe("a\n")
		free(1_000)
		output.write("d\n")
		output.write("e\n")
		expect(text()).toBe(`a\n2 dropped: ${code}\nd\ne\n`)
	})

	it("ends a line that was cut off before the next begins", () => {
		const { output, text, free } = disk(3)
		output.write("long line\n")
		free(1_000)
		output.write("b\n")
		expect(text()).toBe("lon\n1 dropped: ENOSPC\nb\n")
	})

	it("says so by itself once there is space, without waiting for another line", async () => {
		const { output, text, free } = disk(0)
		output.write("a\n")
		await sleep(60)
		free(1_000)
		await sleep(100)
		expect(text()).toBe("1 dropped: ENOSPC\n")
	})

	it("waits a little for a full pipe, and only once", () => {
		const { output, text, free } = disk(0, "EAGAIN")
		const startedAt = performance.now()
		output.write("a\n")
		expect(performance.now() - startedAt).toBeGreaterThan(900)
		for (let i = 0; i < 100; i++) output.write("b\n")
		expect(performance.now() - startedAt).toBeLessThan(2_500)
		free(1_000)
		output.write("c\n")
		expect(text()).toBe("101 dropped: EAGAIN\nc\n")
	})
})

describe("a program's logger", () => {
	it("outlives the full device that it writes to", () => {
		const program = `
			import { createLogger } from ${JSON.stringify(path.join(import.meta.dirname, "log.ts"))}
			const log = createLogger("test")
			for (let i = 0; i < 10; i++) log.info("line")
			process.stderr.write("still here")`
		const full = openSync("/dev/full", "w")
		const args = ["--import", "tsx", "--input-type=module", "-e", program]
		const { status, stderr } = spawnSync(process.execPath, args, { stdio: ["ignore", full, "pipe"], encoding: "utf8" })
		closeSync(full)
		expect([status, stderr]).toEqual([0, "still here"])
	})

	it("writes its notice as JSON, with the service and the count", () => {
		const folder = mkdtempSync(path.join(tmpdir(), "observatory-log-"))
		onTestFinished(() => rmSync(folder, { recursive: true }))
		const file = path.join(folder, "log")
		const fd = openSync(file, "a")
		let full = true
		const log = createLogger("test", "info", {
			fd,
			write: (to, bytes, offset) => {
				if (full) throw Object.assign(new Error("no room"), { code: "ENOSPC" })
				return writeSync(to, bytes, offset)
			},
		})
		log.info("lost")
		full = false
		log.info("kept")
		closeSync(fd)
		const [notice, kept] = readFileSync(file, "utf8")
			.trim()
			.split("\n")
			.map((line) => JSON.parse(line))
		expect(notice).toMatchObject({ level: "warn", service: "test", dropped: 1, reason: "ENOSPC" })
		expect(kept).toMatchObject({ msg: "kept" })
	})
})
