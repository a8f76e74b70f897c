import { spawn } from "node:child_process"
import { once } from "node:events"
import { describe, expect, it, onTestFinished } from "vitest"
import { memoryBelow, programOf } from "./process-memory.ts"

describe("the memory of programs", () => {
	it.each([
		["postgres", ["postgres: walwriter "]],
		["postgres", ["/usr/lib/postgresql/17/bin/postgres", "-D", "/tmp/data"]],
		["observatory/exporters/main.ts", ["/usr/bin/node", "--import", "tsx", "/srv/observatory/exporters/main.ts"]],
		["node", ["node", "-e", "0"]],
	])("is that of %s", (program, command) => {
		expect(programOf(command)).toBe(program)
	})

	it("is counted for a process and those below it, and for no others", async () => {
		const child = spawn("sh", ["-c", "sleep 60 & echo started; wait"], {
			stdio: ["ignore", "pipe", "ignore"],
			detached: true,
		})
		onTestFinished(() => void process.kill(-(child.pid ?? 0)))
		await once(child.stdout, "data")
		const programs = memoryBelow(child.pid ?? 0)
		expect(programs.map(({ program }) => program).sort()).toEqual(["sh", "sleep"])
		for (const { processes, rss, pss } of programs) {
			expect(processes).toBe(1)
			expect(pss).toBeGreaterThan(0)
			expect(rss).toBeGreaterThanOrEqual(pss)
		}
	})
})
