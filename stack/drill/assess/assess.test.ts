import { describe, expect, it } from "vitest"
import { assess, type IncidentTimes, type Observation } from "./assess.ts"

const FAULT = 1_800_000_000_000
const at = (seconds: number) => FAULT + seconds * 1000

const incident: IncidentTimes = {
	id: 1,
	severity: "critical",
	onsetAt: at(5),
	onset: "measured",
	pendingAt: at(30),
	firedAt: at(90),
	receivedAt: at(91),
	notifiedAt: at(101),
	remediatedAt: undefined,
	verifiedAt: undefined,
	resolvedAt: at(200),
	remediation: undefined,
}
const seen: Observation = {
	alert: "database_down",
	faultAt: FAULT,
	repairedAt: at(120),
	promisedMs: 140_000,
	remediation: undefined,
	lasts: false,
	incident,
}
const failures = (change: Partial<Observation>, times: Partial<IncidentTimes> = {}) =>
	assess({ ...seen, incident: { ...incident, ...times }, ...change }).failures

describe("a drill", () => {
	it("passes within the promise, with each step measured", () => {
		expect(assess(seen)).toEqual({
			alert: "database_down",
			detectedMs: 101_000,
			clockMs: 96_000,
			remediatedMs: undefined,
			resolvedMs: 80_000,
			promisedMs: 140_000,
			failures: [],
			late: [],
		})
	})

	it("may be 30 seconds later than promised, and no more", () => {
		expect(failures({}, { notifiedAt: at(170) })).toEqual([])
		expect(failures({}, { notifiedAt: at(171) })).toEqual(["notified after 2m51s, promised within 2m20s"])
	})

	it("bounds a critical alert whatever it promises", () => {
		const late = { notifiedAt: at(306) }
		expect(failures({ promisedMs: 600_000 }, late)).toEqual(["critical, and notified only 5m1s after its onset"])
		expect(failures({ promisedMs: 600_000 }, { ...late, severity: "warning" })).toEqual([])
	})

	it.each<[string, Partial<Observation>, Partial<IncidentTimes>]>([
		["no incident", { incident: undefined }, {}],
		["no channel was notified", {}, { notifiedAt: undefined }],
		["notified before its onset", {}, { onsetAt: at(102) }],
		["no onset on its clock", {}, { onsetAt: undefined }],
		["not resolved", {}, { resolvedAt: undefined }],
		["its remediation is missing, not succeeded", { remediation: "succeeded" }, {}],
		["its remediation is failed, not shadowed", { remediation: "shadowed" }, { remediation: "failed" }],
		["its remediation was not verified", { remediation: "succeeded" }, { remediation: "succeeded" }],
		[
			"repaired only 5m1s after it fired",
			{ remediation: "succeeded" },
			{ remediation: "succeeded", verifiedAt: at(391) },
		],
	])("fails: %s", (failure, change, times) => {
		expect(failures(change, times)).toEqual([failure])
	})

	it("does not await the end of an alert that looks back further than it lasts", () => {
		expect(failures({ lasts: true }, { resolvedAt: undefined })).toEqual([])
	})

	it("counts the end from the remediation where no one else repairs", () => {
		const repaired = { ...incident, remediatedAt: at(95), verifiedAt: at(150), remediation: "succeeded" }
		const { resolvedMs, remediatedMs } = assess({ ...seen, repairedAt: undefined, incident: repaired })
		expect([resolvedMs, remediatedMs]).toEqual([105_000, 60_000])
	})
})
