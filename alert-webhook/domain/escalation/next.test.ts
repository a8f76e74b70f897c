import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { nextStep, type Standing } from "./next.ts"
import type { EscalationPolicy } from "./policies.ts"

const MIN = 60_000
const level = (afterMs: number) => ({ afterMs, contacts: [], channels: ["c"] })
const policy: EscalationPolicy = {
	levels: [level(0), level(15 * MIN), level(60 * MIN)],
	acknowledgementLastsMs: 60 * MIN,
	repeatMs: 60 * MIN,
}
const standing = (change: Partial<Standing> = {}): Standing => ({
	anchor: 0,
	level: -1,
	toldAt: undefined,
	acknowledgedUntil: undefined,
	hurried: false,
	...change,
})

describe("nextStep", () => {
	it.each([
		["tells the first level at once", standing(), 0, { do: "tell", level: 0, why: "due" }],
		["waits for the second", standing({ level: 0, toldAt: 0 }), 14 * MIN, { do: "wait", until: 15 * MIN }],
		[
			"tells the second after 15 minutes",
			standing({ level: 0, toldAt: 0 }),
			15 * MIN,
			{ do: "tell", level: 1, why: "due" },
		],
		[
			"tells the third after an hour",
			standing({ level: 1, toldAt: 15 * MIN }),
			60 * MIN,
			{ do: "tell", level: 2, why: "due" },
		],
		[
			"repeats the last level",
			standing({ level: 2, toldAt: 60 * MIN }),
			120 * MIN,
			{ do: "tell", level: 2, why: "repeat" },
		],
		[
			"tells only the highest level after an interruption",
			standing({ level: 0, toldAt: 0 }),
			300 * MIN,
			{ do: "tell", level: 2, why: "due" },
		],
		[
			"tells the next level at once when the response has failed",
			standing({ level: 0, toldAt: 0, hurried: true }),
			MIN,
			{ do: "tell", level: 1, why: "remediation_failed" },
		],
		[
			"tells nobody while somebody has it",
			standing({ level: 1, acknowledgedUntil: 80 * MIN, hurried: true }),
			79 * MIN,
			{ do: "wait", until: 80 * MIN },
		],
		[
			"tells again when an acknowledgement has run out",
			standing({ level: 1, acknowledgedUntil: 80 * MIN }),
			80 * MIN,
			{ do: "tell", level: 1, why: "acknowledgement_expired" },
		],
		[
			"waits for ever on an acknowledgement without end",
			standing({ acknowledgedUntil: Number.POSITIVE_INFINITY }),
			1e12,
			{ do: "wait", until: undefined },
		],
	] as const)("%s", (_, at, now, wanted) => {
		expect(nextStep(policy, at, now)).toEqual(wanted)
	})

	it.each([
		["repeats the last level that there is", { toldAt: 0 }, { do: "tell", level: 0, why: "repeat" }],
		[
			"tells the last level that there is when an acknowledgement has run out",
			{ acknowledgedUntil: MIN },
			{ do: "tell", level: 0, why: "acknowledgement_expired" },
		],
		["has no level to hurry to", { toldAt: 120 * MIN, hurried: true }, { do: "wait", until: 180 * MIN }],
	] as const)("%s, after the policy has come to have fewer levels", (_, at, wanted) => {
		const shorter = { ...policy, levels: policy.levels.slice(0, 1) }
		expect(nextStep(shorter, standing({ level: 2, ...at }), 120 * MIN)).toEqual(wanted)
	})

	it("waits for ever where there is nobody to tell", () => {
		expect(nextStep({ ...policy, levels: [] }, standing(), 1e9)).toEqual({ do: "wait", until: undefined })
	})

	it("tells every level exactly once and in order, however often and whenever it is asked", () => {
		const once = { ...policy, repeatMs: undefined }
		fc.assert(
			fc.property(fc.array(fc.nat(90 * MIN), { maxLength: 50 }), (waits) => {
				let state = standing()
				let now = 0
				const told: number[] = []
				for (const wait of [0, ...waits]) {
					now += wait
					const step = nextStep(once, state, now)
					if (step.do === "wait") {
						if (step.until !== undefined) expect(step.until).toBeGreaterThan(now)
					} else {
						told.push(step.level)
						expect(now).toBeGreaterThanOrEqual(once.levels[step.level]?.afterMs ?? Number.NaN)
						state = { ...state, level: step.level, toldAt: now }
					}
				}
				expect(told).toEqual([...new Set(told)].sort((a, b) => a - b))
			}),
		)
	})
})
