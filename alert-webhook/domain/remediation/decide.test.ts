import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type Attempt, BLAST_RADIUS, BREAKER_OPEN_MS, DEFAULT_POLICY, decide, type Situation } from "./decide.ts"

const HOUR = 3_600_000
const NOW = 100 * HOUR
const attempt = (ago: number, succeeded: boolean | undefined, target = "t"): Attempt => ({
	target,
	startedAt: NOW - ago,
	succeeded,
	endedAt: succeeded === undefined ? undefined : NOW - ago,
})
const situation = (change: Partial<Situation> = {}): Situation => ({
	now: NOW,
	effect: "repairs",
	incidentOpen: true,
	target: "t",
	objection: undefined,
	compiled: true,
	firing: true,
	policy: { ...DEFAULT_POLICY, mode: "auto" },
	automationPaused: false,
	attempts: [],
	...change,
})

describe("decide", () => {
	it.each([
		["shadow", "shadow"],
		["approve", "ask"],
		["auto", "run"],
	] as const)("in mode %s says %s", (mode, what) => {
		expect(decide(situation({ policy: { ...DEFAULT_POLICY, mode } }))).toEqual({ do: what })
	})

	it.each([
		["incident_ended", { incidentOpen: false }],
		["no_target", { target: undefined }],
		["not_compiled", { compiled: false }],
		["not_firing", { firing: false }],
		["objection", { objection: "it is connected" }],
		["automation_paused", { automationPaused: true }],
		["busy", { attempts: [attempt(2 * HOUR, undefined)] }],
		["cooldown", { attempts: [attempt(9 * 60_000, true)] }],
		["hourly_cap", { attempts: [attempt(20 * 60_000, true), attempt(30 * 60_000, true), attempt(59 * 60_000, true)] }],
		["daily_cap", { attempts: Array.from({ length: 10 }, (_, i) => attempt((i + 2) * 2 * HOUR, true)) }],
		["circuit_open", { attempts: [attempt(40 * 60_000, false), attempt(50 * 60_000, false)] }],
		["blast_radius", { attempts: Array.from({ length: BLAST_RADIUS }, (_, i) => attempt(60_000, true, `other ${i}`)) }],
	] as const)("withholds for %s, in any mode", (reason, change) => {
		for (const mode of ["shadow", "approve", "auto"] as const)
			expect(decide(situation({ ...change, policy: { ...DEFAULT_POLICY, mode } }))).toEqual({ do: "withhold", reason })
	})

	it("withholds an action that contains for every reason except its own past attempts", () => {
		const attempts = Array.from({ length: 20 }, (_, i) => attempt(i * 60_000, false))
		expect(decide(situation({ effect: "contains", attempts }))).toEqual({ do: "run" })
		const others = Array.from({ length: BLAST_RADIUS }, (_, i) => attempt(60_000, true, `other ${i}`))
		expect(decide(situation({ effect: "contains", attempts: others }))).toEqual({ do: "run" })
		for (const [reason, change] of [
			["incident_ended", { incidentOpen: false }],
			["objection", { objection: "it is stopped" }],
			["automation_paused", { automationPaused: true }],
			["busy", { attempts: [attempt(60_000, undefined)] }],
		] as const)
			expect(decide(situation({ effect: "contains", ...change }))).toEqual({ do: "withhold", reason })
	})

	it("permits one attempt after the breaker's time, and closes on success or a person's reset", () => {
		const failures = [attempt(BREAKER_OPEN_MS, false), attempt(BREAKER_OPEN_MS + 60_000, false)]
		expect(decide(situation({ attempts: failures }))).toEqual({ do: "run" })
		const again = [attempt(20 * 60_000, false), ...failures]
		expect(decide(situation({ attempts: again }))).toMatchObject({ reason: "circuit_open" })
		const reset = { ...DEFAULT_POLICY, mode: "auto", breakerResetAt: NOW - 60_000 } as const
		expect(decide(situation({ attempts: again, policy: reset }))).toEqual({ do: "run" })
		const healed = [attempt(20 * 60_000, false), attempt(30 * 60_000, true), attempt(40 * 60_000, false)]
		expect(decide(situation({ attempts: healed, policy: { ...DEFAULT_POLICY, mode: "auto", maxPerHour: 9 } }))).toEqual(
			{ do: "run" },
		)
	})

	it("never runs more often than the caps allow, in any order of events", () => {
		fc.assert(
			fc.property(fc.array(fc.record({ wait: fc.nat(90 * 60_000), ok: fc.boolean() }), { maxLength: 60 }), (steps) => {
				const policy = { ...DEFAULT_POLICY, mode: "auto" as const }
				const attempts: Attempt[] = []
				let now = NOW
				for (const { wait, ok } of steps) {
					now += wait
					if (decide(situation({ now, policy, attempts })).do === "run")
						attempts.push({ target: "t", startedAt: now, succeeded: ok, endedAt: now })
				}
				for (const { startedAt } of attempts) {
					const later = attempts.filter((other) => other.startedAt >= startedAt)
					expect(later.filter((other) => other.startedAt - startedAt < policy.cooldownMs).length).toBe(1)
					expect(later.filter((other) => other.startedAt - startedAt < HOUR).length).toBeLessThanOrEqual(
						policy.maxPerHour,
					)
					expect(later.filter((other) => other.startedAt - startedAt < 24 * HOUR).length).toBeLessThanOrEqual(
						policy.maxPerDay,
					)
				}
			}),
		)
	})
})
