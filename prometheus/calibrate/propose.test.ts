import { describe, expect, it } from "vitest"
import { compileAlerts } from "../../core/alerts/compile.ts"
import { createSource } from "../../core/alerts/source.ts"
import { beyond, calibrate, type Incident, settingOf, type Target } from "./propose.ts"
import { queryFor } from "./question.ts"

const MINUTE = 60_000
const DAY = 1_440 * MINUTE

function question(condition: string, duration = "5m", severity = "warning", budget = "") {
	const acknowledged = budget && `detection_budget: ${budget}, `
	const text = `alerts:\n  ${severity}:\n    - { name: x, condition: ${JSON.stringify(condition)}, duration: ${duration}, ${acknowledged}channels: [ops] }\n`
	const { file, diagnostics } = compileAlerts(createSource("alerts.yaml", text))
	const alert = file?.alerts[0]
	if (!alert) throw new Error(JSON.stringify(diagnostics))
	return queryFor(alert)
}

/** Days at a minute's distance at `base`, with stretches of another value. */
function history(
	days: number,
	base: number,
	spikes: readonly [minute: number, long: number, value: number][],
	incidents: readonly Incident[] = [],
) {
	const length = days * 1_440
	const values = new Float64Array(length).fill(base)
	for (const [minute, long, value] of spikes) values.fill(value, minute, minute + long)
	return {
		timeline: { startMs: 0, stepMs: MINUTE, length },
		elements: [{ labels: {}, values }],
		observedMs: days * DAY,
		incidents,
	}
}
const every = (minutes: number, count: number, long: number, value: number) =>
	Array.from({ length: count }, (_, i): [number, number, number] => [100 + i * minutes, long, value])
const WEEKLY: Target = { alarms: 1, periodMs: 7 * DAY }

describe("what Prometheus is asked", () => {
	it("is the compared value where a number is on either side, else the whole condition", () => {
		expect(question("metrics.reviews.pending > 20")).toMatchObject({
			expr: "max without (instance, job) (autonomous_reviews_pending)",
			threshold: { op: ">", limit: 20, range: [0, Infinity] },
		})
		expect(question("10 * 2 > metrics.reviews.pending").threshold).toMatchObject({ op: "<", limit: 20 })
		expect(question("health.database.status == 'unhealthy'")).toMatchObject({
			expr: 'max without (instance, job, status) (autonomous_component_status{component="database",status="unhealthy"}) == 1',
			threshold: undefined,
		})
		expect(question("metrics.sessions.failureRate > 50% && metrics.reviews.pending > 1").threshold).toBeUndefined()
	})
})

describe("a calibration", () => {
	it("keeps an alert that fires no more often than the target allows", () => {
		const { verdict, now, allowed } = calibrate(
			question("metrics.reviews.pending > 20"),
			history(14, 5, every(1_440, 2, 10, 30)),
			WEEKLY,
		)
		expect([verdict, now.fired.count, allowed]).toEqual(["keep", 2, 2])
	})

	it("proposes a longer duration against many short firings", () => {
		const spikes = [...every(700, 20, 8, 30), [15_000, 60, 30] as [number, number, number]]
		const { verdict, proposal, now } = calibrate(
			question("metrics.reviews.pending > 20"),
			history(14, 5, spikes),
			WEEKLY,
		)
		expect([verdict, now.falseAlarms]).toEqual(["change", 21])
		expect(proposal).toMatchObject({ limit: 20, forMs: 10 * MINUTE, falseAlarms: 1 })
	})

	it("proposes the nearest threshold against long firings, and what it says of it is what it does", () => {
		const spikes = [...every(700, 20, 200, 30), [15_000, 200, 60] as [number, number, number]]
		const asked = question("metrics.reviews.pending > 20")
		const past = history(14, 5, spikes)
		const { proposal } = calibrate(asked, past, WEEKLY)
		expect(proposal).toMatchObject({ limit: 31, forMs: 5 * MINUTE, falseAlarms: 1 })
		expect(settingOf(asked, past, 31, 5 * MINUTE)).toEqual(proposal)
		expect(settingOf(asked, past, 29, 5 * MINUTE).falseAlarms).toBe(21)
	})

	it("lowers the threshold of an alert on too little", () => {
		const { proposal } = calibrate(
			question("safety_compliance_rate < 90", "5m"),
			history(14, 99, every(700, 20, 200, 85)),
			WEEKLY,
		)
		expect(proposal).toMatchObject({ limit: 84, falseAlarms: 0 })
	})

	it("proposes no share above 100% and nothing that makes a critical alert slow", () => {
		const { verdict, proposal } = calibrate(
			question("metrics.sessions.failureRate > 50%", "1m", "critical", "11m"),
			history(14, 0, every(700, 20, 200, 1)),
			WEEKLY,
		)
		expect([verdict, proposal]).toEqual(["no proposal", undefined])
	})

	it("does not count firings in known incidents, and prefers a proposal that misses none of them", () => {
		const spikes = [...every(700, 20, 8, 30), [15_000, 8, 60] as [number, number, number]]
		const incidents = [{ fromMs: 15_000 * MINUTE, toMs: 15_010 * MINUTE }]
		const { now, proposal } = calibrate(
			question("metrics.reviews.pending > 20"),
			history(14, 5, spikes, incidents),
			WEEKLY,
		)
		expect(now).toMatchObject({ falseAlarms: 20, caught: 1 })
		expect(proposal).toMatchObject({ limit: 31, falseAlarms: 0, caught: 1 })
	})

	it("says nothing without a history, and that a short one cannot distinguish the target from none", () => {
		const asked = question("metrics.reviews.pending > 20")
		expect(calibrate(asked, { ...history(14, 5, []), observedMs: 0 }, WEEKLY).verdict).toBe("no history")
		expect(calibrate(asked, history(2, 5, []), WEEKLY)).toMatchObject({ short: true, allowed: 0, verdict: "keep" })
	})
})

describe("a number beyond another", () => {
	it.each([
		[30, 1, 31],
		[30, -1, 29],
		[0.5, 1, 0.51],
		[0.512, 1, 0.52],
		[1_234_567, 1, 1_300_000],
		[-3, 1, -2.9],
		[0, 1, 0.01],
		[0, -1, -0.01],
	] as const)("%d in direction %d is %d", (value, sign, expected) => {
		expect(beyond(value, sign)).toBe(expected)
	})
})
