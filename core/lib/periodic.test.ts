import { describe, expect, it, onTestFinished, vi } from "vitest"
import { silentLogger } from "./log.ts"
import { type Interval, type PeriodicOptions, PeriodicTask } from "./periodic.ts"

/** A periodic task that counts its rounds, and the lines that it logs. */
function counted(everyMs: Interval, work: (round: number) => Promise<void>, options: PeriodicOptions = {}) {
	const lines: string[] = []
	const say = (_: unknown, line?: string) => void lines.push(line ?? "")
	const state = { rounds: 0, running: 0, most: 0 }
	const log = { ...silentLogger, info: say, warn: say, child: () => silentLogger }
	const round = async () => {
		state.rounds++
		state.most = Math.max(state.most, ++state.running)
		await work(state.rounds).finally(() => state.running--)
	}
	const task = new PeriodicTask("counting", everyMs, log, round, options)
	onTestFinished(() => task.close())
	return { task, state, lines }
}

describe("a periodic task", () => {
	it("starts at once, never overlaps, and ends when it is closed", async () => {
		const { task, state } = counted(2, () => new Promise((resolve) => setTimeout(resolve, 5)))
		expect(state.rounds).toBe(1)
		await vi.waitFor(() => expect(state.rounds).toBeGreaterThan(2))
		await task.close()
		const { rounds } = state
		await new Promise((resolve) => setTimeout(resolve, 20))
		expect(state).toEqual({ rounds, running: 0, most: 1 })
	})

	it("continues after a failure, and logs one line at the start of an outage and one at its end", async () => {
		const { state, lines } = counted(1, async (round) => {
			if (round > 1 && round < 5) throw new Error("away")
		})
		await vi.waitFor(() => expect(state.rounds).toBeGreaterThan(6))
		expect(lines).toEqual(["task failed; retrying", "task recovered"])
	})

	it("starts the next round soon after wake()", async () => {
		const { task, state } = counted(3_600_000, async () => undefined)
		task.wake()
		await vi.waitFor(() => expect(state.rounds).toBe(2), 5_000)
	})

	it("asks after each round how long its interval is now", async () => {
		const { state } = counted(
			() => (state.rounds < 3 ? 1 : 3_600_000),
			async () => undefined,
		)
		await vi.waitFor(() => expect(state.rounds).toBe(3))
		await new Promise((resolve) => setTimeout(resolve, 20))
		expect(state.rounds).toBe(3)
	})

	it("that is to begin later does its first round after the interval, or when it is woken", async () => {
		const { task, state } = counted(3_600_000, async () => undefined, { later: true })
		await new Promise((resolve) => setTimeout(resolve, 20))
		expect(state.rounds).toBe(0)
		task.wake()
		await vi.waitFor(() => expect(state.rounds).toBe(1))
		const closed = counted(3_600_000, async () => undefined, { later: true })
		await closed.task.close()
		expect(closed.state.rounds).toBe(0)
	})

	it("counts its interval from the start of a round", async () => {
		const starts: number[] = []
		counted(2_000, async () => {
			starts.push(performance.now())
			await new Promise((resolve) => setTimeout(resolve, 900))
		})
		await vi.waitFor(() => expect(starts.length).toBe(2), 10_000)
		expect((starts[1] ?? 0) - (starts[0] ?? 0)).toBeLessThan(2_800)
	})
})
