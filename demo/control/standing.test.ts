import { describe, expect, it } from "vitest"
import { decideStanding } from "./standing.ts"

const calm = { own: undefined, anyPaused: false, control: undefined, stoppedAt: undefined, releasedAt: undefined }
const session = { session: "demo-1" }

describe("what work may do", () => {
	it("is to go on while nothing stands against it", () => {
		expect(decideStanding("newcomer", calm)).toBe("go")
		expect(decideStanding("evaluation", calm)).toBe("go")
		expect(decideStanding(session, { ...calm, own: "initializing" })).toBe("go")
		expect(decideStanding(session, { ...calm, own: "running" })).toBe("go")
	})

	it("is to wait while a session is paused, except for sessions that are not", () => {
		const paused = { ...calm, anyPaused: true }
		expect(decideStanding("newcomer", paused)).toBe("wait")
		expect(decideStanding("evaluation", paused)).toBe("wait")
		expect(decideStanding(session, { ...paused, own: "paused" })).toBe("wait")
		expect(decideStanding(session, { ...paused, own: "running" })).toBe("go")
	})

	it("is what alert-webhook says where there is one, also when no row or event says it", () => {
		const paused = { ...calm, control: "pause" } as const
		expect(decideStanding("newcomer", paused)).toBe("wait")
		expect(decideStanding("evaluation", paused)).toBe("wait")
		expect(decideStanding(session, { ...paused, own: "running" })).toBe("wait")
		const stopped = { ...calm, control: "stop" } as const
		expect(decideStanding("newcomer", stopped)).toBe("wait")
		expect(decideStanding(session, { ...stopped, own: "running" })).toBe("stop")
		const released = { ...calm, control: "run", stoppedAt: 1_000 } as const
		expect(decideStanding("newcomer", released)).toBe("go")
		expect(decideStanding(session, { ...released, own: "emergency_stopped" })).toBe("stop")
	})

	it.each(["emergency_stopped", "completed", "failed", "timeout", undefined])(
		"is to end for a session whose row says %s",
		(own) => {
			expect(decideStanding(session, { ...calm, own })).toBe("stop")
		},
	)

	it("is to end in an emergency, also for a session whose row has missed it, and not to begin anew", () => {
		const stopped = { ...calm, stoppedAt: 1_000 }
		expect(decideStanding(session, { ...stopped, own: "running" })).toBe("stop")
		expect(decideStanding(session, { ...stopped, own: "paused" })).toBe("stop")
		expect(decideStanding("evaluation", stopped)).toBe("stop")
		expect(decideStanding("newcomer", stopped)).toBe("wait")
	})

	it("is to begin again only after a release that is later than the stop", () => {
		expect(decideStanding("newcomer", { ...calm, stoppedAt: 1_000, releasedAt: 900 })).toBe("wait")
		expect(decideStanding("newcomer", { ...calm, stoppedAt: 1_000, releasedAt: 1_000 })).toBe("wait")
		expect(decideStanding("newcomer", { ...calm, stoppedAt: 1_000, releasedAt: 1_001 })).toBe("go")
	})
})
