import { describe, expect, it } from "vitest"
import type { Activity } from "./line.ts"
import { IDLE_MS, type Run, runAfter, SILENT_MS, statusOf } from "./runs.ts"

const at = (minute: number) => new Date(Date.UTC(2026, 10, 1, 0, minute))
const activity = (minute: number, turn: Activity["turn"], model?: string): Activity => ({
	session: "s",
	at: at(minute),
	turn,
	model,
	answer: undefined,
})
const walk = (...activities: Activity[]) => activities.reduce<Run | undefined>(runAfter, undefined)

describe("runAfter", () => {
	it("starts with the first line and keeps the latest turn and model", () => {
		expect(walk(activity(0, "working"), activity(1, "working", "a"), activity(2, "answered", "b"))).toMatchObject({
			run: "s",
			startedAt: at(0),
			lastAt: at(2),
			turn: "answered",
			model: "b",
		})
	})

	it("ignores the turn of a late line or a subagent's line", () => {
		const run = walk(activity(0, "working"), activity(3, "answered"), activity(2, "working"), activity(4, undefined))
		expect(run).toMatchObject({ turn: "answered", lastAt: at(4) })
	})

	it("starts another run for activity after the session's end, but not for earlier activity", () => {
		const ended = { ...(walk(activity(0, "working"), activity(5, "answered")) as Run), ended: true }
		expect(runAfter(ended, activity(4, undefined)).run).toBe("s")
		expect(runAfter(ended, activity(90, "working"))).toMatchObject({
			run: "s#2",
			number: 2,
			startedAt: at(90),
			ended: false,
		})
	})
})

describe("statusOf", () => {
	const status = (turn: Run["turn"], silence: number) => statusOf({ turn, lastAt: new Date(0) }, silence)
	it("is running while there is activity, and follows the last turn after a silence", () => {
		expect(status("answered", IDLE_MS - 1)).toBe("running")
		expect(status("answered", IDLE_MS)).toBe("completed")
		expect(status("failed", IDLE_MS)).toBe("failed")
		expect(status("working", SILENT_MS - 1)).toBe("running")
		expect(status("working", SILENT_MS)).toBe("timeout")
	})
})
