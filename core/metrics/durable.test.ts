import { describe, expect, it } from "vitest"
import { insights } from "../catalogue/subjects/improvements.ts"
import { incidentAcknowledgement } from "../catalogue/subjects/incidents.ts"
import { reviewsPending, rollbackDuration, rollbacks, violatingSessions } from "../catalogue/subjects/safety.ts"
import { samplesOf, Tally } from "./durable.ts"
import { LabelFolder } from "./labels.ts"
import { histogramSample, sample } from "./samples.ts"

const tally = () => new Tally(new LabelFolder(() => undefined))

describe("a tally", () => {
	it("adds up what has the same labels, and leaves out what came to nothing", () => {
		const t = tally()
		t.count(rollbacks, { trigger: "manual" })
		t.count(rollbacks, { trigger: "manual" }, 2)
		t.count(rollbacks, { trigger: "automatic" }, 0)
		expect(t.totals).toEqual([{ series: "autonomous_rollbacks_total", labels: '{"trigger":"manual"}', value: 3 }])
	})

	it("keeps a histogram as buckets that are not cumulative and a sum", () => {
		const t = tally()
		for (const value of [1, 2, 4000]) t.observe(rollbackDuration, {}, value)
		expect(t.totals).toEqual([
			{ series: "autonomous_rollback_duration_seconds_bucket", labels: '{"le":"1"}', value: 1 },
			{ series: "autonomous_rollback_duration_seconds_sum", labels: "{}", value: 4003 },
			{ series: "autonomous_rollback_duration_seconds_bucket", labels: '{"le":"5"}', value: 1 },
			{ series: "autonomous_rollback_duration_seconds_bucket", labels: '{"le":"+Inf"}', value: 1 },
		])
	})

	it("stores no more label values than the series allows", () => {
		const t = tally()
		for (let i = 0; i < 1_000; i++) t.count(insights, { category: `c${i}` })
		expect(t.totals).toHaveLength(31)
		expect(t.totals.find(({ labels }) => labels === '{"category":"other"}')?.value).toBe(970)
	})

	it("is not spoiled by what is not a number", () => {
		const t = tally()
		t.count(rollbacks, { trigger: "manual" }, Number.NaN)
		t.count(rollbacks, { trigger: "manual" }, -1)
		t.count(rollbacks, { trigger: "manual" }, Number.POSITIVE_INFINITY)
		t.observe(rollbackDuration, {}, Number.NaN)
		expect(t.totals).toEqual([])
	})

	it("remembers a key that counts once a single time", () => {
		const t = tally()
		t.countOnce(violatingSessions, "own s1")
		t.countOnce(violatingSessions, "own s1")
		expect([...t.once]).toEqual([["own s1", violatingSessions]])
	})
})

describe("samples of stored totals", () => {
	it("have what was tallied, and distributions without labels before their first observation", () => {
		const t = tally()
		t.count(rollbacks, { trigger: "manual" }, 2)
		expect(samplesOf([rollbacks, rollbackDuration, reviewsPending], t.totals)).toEqual([
			sample(rollbacks, { trigger: "manual" }, 2),
			histogramSample(rollbackDuration, {}, Array(11).fill(0), 0),
		])
		t.observe(rollbackDuration, {}, 20)
		expect(samplesOf([rollbackDuration], t.totals)).toEqual([
			histogramSample(rollbackDuration, {}, [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0], 20),
		])
	})

	it("move observations up when the bucket that they were stored under is no more", () => {
		const total = { series: "autonomous_rollback_duration_seconds_bucket", labels: '{"le":"7"}', value: 4 }
		expect(samplesOf([rollbackDuration], [total])).toMatchObject([{ counts: [0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0] }])
	})

	it("are one histogram for each set of labels, at 0 where nothing was observed", () => {
		const t = tally()
		for (const value of [0.5, 1, 9_000]) t.observe(incidentAcknowledgement, { severity: "critical" }, value)
		const found = samplesOf([incidentAcknowledgement], t.totals)
		expect(found.map(({ labels }) => labels)).toEqual(
			incidentAcknowledgement.labels.severity.values.map((severity) => ({ severity })),
		)
		expect(found).toContainEqual(
			histogramSample(incidentAcknowledgement, { severity: "critical" }, [2, 0, 0, 0, 0, 0, 0, 0, 0, 1], 9001.5),
		)
	})
})
