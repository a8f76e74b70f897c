import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type EscalationState, nextPage, nextStep } from "./next.ts"
import type { EscalationPolicy } from "./policies.ts"

const MIN = 60_000
const level = (afterMs: number) => ({ afterMs, contacts: [], channels: ["c"] })
const policy: EscalationPolicy = {
	levels: [level(0), level(15 * MIN), level(60 * MIN)],
	acknowledgementLastsMs: 60 * MIN,
	repeatMs: 60 * MIN,
}
const state = (change: Partial<EscalationState> = {}): EscalationState => ({
	anchor: 0,
	level: -1,
	pagedAt: undefined,
	acknowledgedUntil: undefined,
	escalateNow: false,
	...change,
})

describe("nextPage", () => {
	const once = { ...policy, repeatMs: undefined }
	it.each([
		["is the first level now", policy, state(), 0, { level: 0, why: "due", at: 0 }],
		[
			"is the second level when it is due",
			policy,
			state({ level: 0, pagedAt: 0 }),
			MIN,
			{ level: 1, why: "due", at: 15 * MIN },
		],
		[
			"repeats the last level",
			policy,
			state({ level: 2, pagedAt: 60 * MIN }),
			61 * MIN,
			{ level: 2, why: "repeat", at: 120 * MIN },
		],
		[
			"is none after the last level without a repeat",
			once,
			state({ level: 2, pagedAt: 60 * MIN }),
			61 * MIN,
			undefined,
		],
		[
			"follows the end of the acknowledgement",
			policy,
			state({ level: 1, pagedAt: 0, acknowledgedUntil: 70 * MIN }),
			20 * MIN,
			{ level: 1, why: "acknowledgement_expired", at: 70 * MIN },
		],
		[
			"is none while the acknowledgement lasts until the resolution",
			policy,
			state({ level: 1, acknowledgedUntil: Number.POSITIVE_INFINITY }),
			20 * MIN,
			undefined,
		],
	] as const)("%s", (_, rules, now, at, wanted) => {
		expect(nextPage(rules, now, at)).toEqual(wanted)
	})
})

describe("nextStep", () => {
	it.each([
		["pages the first level at once", state(), 0, { do: "page", level: 0, why: "due" }],
		["waits for the second", state({ level: 0, pagedAt: 0 }), 14 * MIN, { do: "wait", until: 15 * MIN }],
		[
			"pages the second after 15 minutes",
			state({ level: 0, pagedAt: 0 }),
			15 * MIN,
			{ do: "page", level: 1, why: "due" },
		],
		[
			"pages the third after an hour",
			state({ level: 1, pagedAt: 15 * MIN }),
			60 * MIN,
			{ do: "page", level: 2, why: "due" },
		],
		[
			"repeats the last level",
			state({ level: 2, pagedAt: 60 * MIN }),
			120 * MIN,
			{ do: "page", level: 2, why: "repeat" },
		],
		[
			"pages only the highest level after an interruption",
			state({ level: 0, pagedAt: 0 }),
			300 * MIN,
			{ do: "page", level: 2, why: "due" },
		],
		[
			"pages the next level at once when a remediation has failed",
			state({ level: 0, pagedAt: 0, escalateNow: true }),
			MIN,
			{ do: "page", level: 1, why: "remediation_failed" },
		],
		[
			"pages no level while the incident is acknowledged",
			state({ level: 1, acknowledgedUntil: 80 * MIN, escalateNow: true }),
			79 * MIN,
			{ do: "wait", until: 80 * MIN },
		],
		[
			"pages again when an acknowledgement has expired",
			state({ level: 1, acknowledgedUntil: 80 * MIN }),
			80 * MIN,
			{ do: "page", level: 1, why: "acknowledgement_expired" },
		],
		[
			"waits without end on an acknowledgement that does not expire",
			state({ acknowledgedUntil: Number.POSITIVE_INFINITY }),
			1e12,
			{ do: "wait", until: undefined },
		],
	] as const)("%s", (_, at, now, wanted) => {
		expect(nextStep(policy, at, now)).toEqual(wanted)
	})

	it.each([
		["repeats the last remaining level", { pagedAt: 0 }, { do: "page", level: 0, why: "repeat" }],
		[
			"pages the last remaining level when an acknowledgement has expired",
			{ acknowledgedUntil: MIN },
			{ do: "page", level: 0, why: "acknowledgement_expired" },
		],
		["has no level left to escalate to", { pagedAt: 120 * MIN, escalateNow: true }, { do: "wait", until: 180 * MIN }],
	] as const)("%s, after the policy was changed to fewer levels", (_, at, wanted) => {
		const shorter = { ...policy, levels: policy.levels.slice(0, 1) }
		expect(nextStep(shorter, state({ level: 2, ...at }), 120 * MIN)).toEqual(wanted)
	})

	it("waits without end when there are no levels", () => {
		expect(nextStep({ ...policy, levels: [] }, state(), 1e9)).toEqual({ do: "wait", until: undefined })
	})

	it("pages every level exactly once and in order, for any calls", () => {
		const once = { ...policy, repeatMs: undefined }
		fc.assert(
			fc.property(fc.array(fc.nat(90 * MIN), { maxLength: 50 }), (waits) => {
				let current = state()
				let now = 0
				const paged: number[] = []
				for (const wait of [0, ...waits]) {
					now += wait
					const step = nextStep(once, current, now)
					if (step.do === "wait") {
						if (step.until !== undefined) expect(step.until).toBeGreaterThan(now)
					} else {
						paged.push(step.level)
						expect(now).toBeGreaterThanOrEqual(once.levels[step.level]?.afterMs ?? Number.NaN)
						current = { ...current, level: step.level, pagedAt: now }
					}
				}
				expect(paged).toEqual([...new Set(paged)].sort((a, b) => a - b))
			}),
		)
	})
})
