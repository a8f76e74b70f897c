import { describe, expect, it } from "vitest"
import { decidePermission } from "./permission.ts"

const calm = { own: undefined, anyPaused: false, control: undefined, stoppedAt: undefined, releasedAt: undefined }
const session = { session: "demo-1" }

describe("the permission of work", () => {
	it("is to continue without a pause or a stop", () => {
		expect(decidePermission("new session", calm)).toBe("go")
		expect(decidePermission("evaluation", calm)).toBe("go")
		expect(decidePermission(session, { ...calm, own: "initializing" })).toBe("go")
		expect(decidePermission(session, { ...calm, own: "running" })).toBe("go")
	})

	it("is to wait while a session is paused, except for running sessions", () => {
		const paused = { ...calm, anyPaused: true }
		expect(decidePermission("new session", paused)).toBe("wait")
		expect(decidePermission("evaluation", paused)).toBe("wait")
		expect(decidePermission(session, { ...paused, own: "paused" })).toBe("wait")
		expect(decidePermission(session, { ...paused, own: "running" })).toBe("go")
	})

	it("follows alert-webhook's control state, whatever rows and events say", () => {
		const paused = { ...calm, control: "pause" } as const
		expect(decidePermission("new session", paused)).toBe("wait")
		expect(decidePermission("evaluation", paused)).toBe("wait")
		expect(decidePermission(session, { ...paused, own: "running" })).toBe("wait")
		const stopped = { ...calm, control: "stop" } as const
		expect(decidePermission("new session", stopped)).toBe("wait")
		expect(decidePermission(session, { ...stopped, own: "running" })).toBe("stop")
		const released = { ...calm, control: "run", stoppedAt: 1_000 } as const
		expect(decidePermission("new session", released)).toBe("go")
		expect(decidePermission(session, { ...released, own: "emergency_stopped" })).toBe("stop")
	})

	it.each(["emergency_stopped", "completed", "failed", "timeout", undefined])(
		"is to end for a session whose row says %s",
		(own) => {
			expect(decidePermission(session, { ...calm, own })).toBe("stop")
		},
	)

	it("is to end in an emergency, also for a session whose row still runs, and starts no new session", () => {
		const stopped = { ...calm, stoppedAt: 1_000 }
		expect(decidePermission(session, { ...stopped, own: "running" })).toBe("stop")
		expect(decidePermission(session, { ...stopped, own: "paused" })).toBe("stop")
		expect(decidePermission("evaluation", stopped)).toBe("stop")
		expect(decidePermission("new session", stopped)).toBe("wait")
	})

	it("lets sessions start again only after a release that is later than the stop", () => {
		expect(decidePermission("new session", { ...calm, stoppedAt: 1_000, releasedAt: 900 })).toBe("wait")
		expect(decidePermission("new session", { ...calm, stoppedAt: 1_000, releasedAt: 1_000 })).toBe("wait")
		expect(decidePermission("new session", { ...calm, stoppedAt: 1_000, releasedAt: 1_001 })).toBe("go")
	})
})
