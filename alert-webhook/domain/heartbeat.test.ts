import { expect, it } from "vitest"
import { heartbeatState } from "./heartbeat.ts"

const MINUTE = 60_000
const state = (now: number, last: number | undefined, since = 0) =>
	heartbeatState({
		now: now * MINUTE,
		last: last === undefined ? undefined : last * MINUTE,
		since: since * MINUTE,
		lostAfterMs: 5 * MINUTE,
	})

it.each([
	["the last one is five minutes old", 105, 100, "alive"],
	["the last one is older than that", 105.1, 100, "lost"],
	["none ever arrived", 5.1, undefined, "lost"],
	["none ever arrived, and the process has just started", 5, undefined, "unknown"],
] as const)("a heartbeat, when %s", (_, now, last, wanted) => {
	expect(state(now, last)).toBe(wanted)
})

it("a heartbeat of before a pause of the night is not lost until the process had the time to receive one", () => {
	expect(state(605, 100, 600)).toBe("unknown")
	expect(state(605.1, 100, 600)).toBe("lost")
	expect(state(601, 600.5, 600)).toBe("alive")
})
