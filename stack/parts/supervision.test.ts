import { describe, expect, it } from "vitest"
import { manualClock } from "../../core/lib/clock.ts"
import {
	describe as describeState,
	initialSupervision,
	DEFAULT_POLICY as policy,
	restartDelay,
	type Supervision,
	type SupervisionEvent,
	supervise,
} from "./supervision.ts"

const SILENT = { answered: false, reason: "no answer within 3 s" }
const UNWELL = { answered: true, reason: "503" }
const KILLED = { kind: "ended", how: "ended by SIGKILL", words: "" } as const

/** A service whose clock the test moves. */
function service(random = 0.5) {
	const clock = manualClock(1_000_000)
	let state: Supervision = initialSupervision
	const on = (event: SupervisionEvent) => {
		state = supervise(state, event, { policy, now: clock.now(), random })
		return state
	}
	const started = () => on({ kind: "started", readyWithinMs: 10_000 })
	const checks = (count: number, problem?: typeof SILENT) => {
		for (let i = 0; i < count; i++) on(problem ? { kind: "failed", problem } : { kind: "passed" })
		return state
	}
	const live = (ms: number) => {
		started()
		checks(1)
		clock.advance(ms)
		return on(KILLED)
	}
	return { clock, on, started, checks, live, state: () => state, delay: () => (state.retryAt ?? 0) - clock.now() }
}

describe("the pause before a restart", () => {
	it("doubles up to a minute and stays there", () => {
		const delays = [1, 2, 3, 4, 5, 6, 7, 8, 1_000, 1_000_000].map((lives) => restartDelay(lives, policy, 0.5))
		expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000, 60_000])
	})

	it("varies at random by a tenth to either side", () => {
		expect(restartDelay(7, policy, 0)).toBe(54_000)
		expect(restartDelay(7, policy, 1)).toBe(66_000)
	})
})

describe("a service that ends", () => {
	it("is started again however often it has ended", () => {
		const { live, state, delay } = service()
		for (let lives = 0; lives < 10_000; lives++) live(100)
		expect(state()).toMatchObject({ phase: "backing off", restarts: 10_000 })
		expect(delay()).toBe(60_000)
	})

	it("begins with the shortest pause again once it was ready for a minute", () => {
		const { live, delay } = service()
		for (let lives = 0; lives < 5; lives++) live(59_999)
		expect(delay()).toBe(16_000)
		live(60_000)
		expect(delay()).toBe(1_000)
		live(0)
		expect(delay()).toBe(2_000)
	})

	it("keeps a long pause when it runs for long and never gets ready", () => {
		const { clock, started, on, delay } = service()
		for (let lives = 0; lives < 8; lives++) {
			started()
			clock.advance(600_000)
			on(KILLED)
		}
		expect(delay()).toBe(60_000)
	})

	it("starts at once, and with the shortest pause from then on, when a person asks for it", () => {
		const { live, on, delay } = service()
		for (let lives = 0; lives < 8; lives++) live(0)
		on({ kind: "repair" })
		expect(delay()).toBe(0)
		live(0)
		expect(delay()).toBe(1_000)
	})

	it("remembers how it ended and its last words", () => {
		const { clock, started, on } = service()
		started()
		const { lastExit, reason } = on({ kind: "ended", how: "ended with exit code 1", words: "no space left on device" })
		expect(lastExit).toEqual({ at: clock.now(), how: "ended with exit code 1", words: "no space left on device" })
		expect(reason).toBe("ended with exit code 1: no space left on device")
	})
})

describe("a service that runs", () => {
	it("is degraded from the second failed check on and up again at the first that passes", () => {
		const { started, checks } = service()
		started()
		checks(1)
		expect(checks(1, SILENT).phase).toBe("up")
		expect(checks(1, SILENT).phase).toBe("degraded")
		expect(checks(1)).toMatchObject({ phase: "up", reason: "", failedChecks: 0 })
	})

	it("is condemned when it has not answered eight checks in a row", () => {
		const { started, checks } = service()
		started()
		checks(1)
		checks(7, SILENT)
		expect(checks(1).phase).toBe("up")
		expect(checks(7, SILENT).phase).toBe("degraded")
		expect(checks(1, SILENT)).toMatchObject({
			phase: "condemned",
			reason: "did not answer 8 checks: no answer within 3 s",
		})
	})

	it("gets longer while it answers that it is not well, and an answer breaks the silence", () => {
		const { started, checks } = service()
		started()
		checks(1)
		for (let round = 0; round < 7; round++) {
			checks(1, UNWELL)
			checks(7, SILENT)
		}
		expect(checks(3, UNWELL).phase).toBe("degraded")
		expect(checks(1, UNWELL)).toMatchObject({ phase: "condemned", reason: "failed 60 checks: 503" })
	})

	it("stays condemned until it has ended, whatever a late check says", () => {
		const { started, checks, on } = service()
		started()
		checks(1)
		checks(8, SILENT)
		expect(checks(1).phase).toBe("condemned")
		expect(on(KILLED)).toMatchObject({
			phase: "backing off",
			reason: "did not answer 8 checks: no answer within 3 s; ended by SIGKILL",
		})
	})
})

describe("a service that starts", () => {
	it("is condemned when it is silent for longer than it may take, and gets ten times that while it answers", () => {
		const { clock, started, checks } = service()
		started()
		clock.advance(10_000)
		expect(checks(1, SILENT).phase).toBe("starting")
		clock.advance(1)
		expect(checks(1, UNWELL).phase).toBe("starting")
		expect(checks(1, SILENT)).toMatchObject({
			phase: "condemned",
			reason: "did not get ready within 10s: no answer within 3 s",
		})
		started()
		clock.advance(100_001)
		expect(checks(1, UNWELL).phase).toBe("condemned")
	})

	it("gives a silent start twice the time after each that did not get ready, up to ten times", () => {
		const { started, checks, clock, on } = service()
		const allowed = [10_000, 20_000, 40_000, 80_000, 100_000, 100_000].map((ms) => {
			started()
			clock.advance(ms)
			const patient = checks(1, SILENT).phase
			clock.advance(1)
			const ended = checks(1, SILENT).phase
			on({ kind: "ended", how: "ended by SIGTERM", words: "" })
			return [patient, ended]
		})
		expect(allowed).toEqual(Array(6).fill(["starting", "condemned"]))
	})
})

describe("the words behind a state", () => {
	const at = (ms: number) => `t${ms - 1_000_000}`

	it("say when it starts again, how often it was restarted, and how it ended last", () => {
		const { live, started, checks, state } = service()
		expect(describeState(state(), at)).toBe("")
		live(0)
		expect(describeState(state(), at)).toBe("ended by SIGKILL; next start at t1000")
		live(0)
		expect(describeState(state(), at)).toBe("ended by SIGKILL; next start at t2000 (restarts: 2)")
		started()
		checks(1)
		expect(describeState(state(), at)).toBe("restarts: 2, last exit at t0: ended by SIGKILL")
	})
})
