import { describe, expect, it } from "vitest"
import { SCORED_PATHS } from "../../../core/catalogue/subjects/anomalies.ts"
import type { Range } from "../../../core/clients/prometheus.ts"
import { manualClock } from "../../../core/lib/clock.ts"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import { anomalyCollector } from "./collector.ts"
import { Histories } from "./histories.ts"

const HOUR = 3_600_000
const START = 500_000 * HOUR + 17 * 60_000

/** A Prometheus in memory: every value is 5 now and was around 1 before; it records its queries. */
function setUp({ points = 721, value = 5 }: { points?: number; value?: number } = {}) {
	const clock = manualClock(START)
	const ranges: { expr: string; range: Range }[] = []
	const state = { away: false }
	const prometheus = {
		query: async () => {
			if (state.away) throw new ObservatoryError("source_unreachable", "Prometheus cannot be reached")
			return [{ labels: {}, value }]
		},
		range: async (expr: string, range: Range) => {
			ranges.push({ expr, range })
			const values = Array.from({ length: points }, (_, i) => ({ at: range.from + i * range.step, value: i % 3 }))
			return [{ labels: {}, points: values }]
		},
	}
	const histories = new Histories(prometheus)
	const collector = anomalyCollector({ prometheus, histories, clock })
	const run = async () => {
		const samples = await collector.collect(new AbortController().signal)
		return Object.fromEntries(
			samples.map((one) => [
				[one.series.name, ...Object.values(one.labels)].join(" "),
				"value" in one ? one.value : undefined,
			]),
		)
	}
	return { clock, ranges, state, run, histories }
}

const RUNS = Math.ceil(SCORED_PATHS.length / 4)

describe("scoring in the background", () => {
	it("reads 30 days in a limited number of points, four histories a run, each once an hour", async () => {
		const { clock, ranges, run } = setUp()
		expect(await run()).toMatchObject({
			"observatory_anomaly_subjects scored": 4,
			"observatory_anomaly_subjects waiting": SCORED_PATHS.length - 4,
		})
		for (let i = 0; i < RUNS + 3; i++) await run()
		expect(ranges.map(({ expr }) => expr).sort()).toEqual([...new Set(ranges.map(({ expr }) => expr))].sort())
		expect(ranges).toHaveLength(SCORED_PATHS.length)
		const [{ range } = { range: undefined }] = ranges
		expect(range).toMatchObject({ from: (500_000 - 720) * HOUR, to: 500_000 * HOUR, step: HOUR })
		clock.advance(HOUR)
		const samples = await run()
		expect(ranges).toHaveLength(SCORED_PATHS.length + 4)
		expect(samples).toMatchObject({ "observatory_anomaly_subjects scored": SCORED_PATHS.length })
	})

	it("exports both scores and the length of the history", async () => {
		const { run } = setUp()
		expect(await run()).toMatchObject({
			"observatory_anomaly_score metrics.sessions.tokenUsage.input zscore": expect.closeTo(4.9, 1),
			"observatory_anomaly_score metrics.sessions.tokenUsage.input iqr": expect.closeTo(1.5, 1),
			"observatory_anomaly_history_points metrics.sessions.tokenUsage.input": 721,
		})
	})

	it.each([
		[{ points: 71 }, "not_enough_history"],
		[{ value: Number.NaN }, "no_value"],
	])("gives no score with %o, but a reason", async (given, reason) => {
		const samples = await setUp(given).run()
		expect(samples[`observatory_anomaly_subjects ${reason}`]).toBe(4)
		expect(Object.keys(samples).filter((key) => key.startsWith("observatory_anomaly_score"))).toEqual([])
	})

	it("fails and removes all scores when Prometheus does not answer, and works again afterwards", async () => {
		const { state, run } = setUp()
		await run()
		state.away = true
		await expect(run()).rejects.toMatchObject({ code: "source_unreachable" })
		state.away = false
		expect(await run()).toMatchObject({ "observatory_anomaly_subjects scored": 8 })
	})
})

describe("kept histories", () => {
	it("are not displaced by an older one, and are bounded in number", async () => {
		const { histories, ranges } = setUp()
		await histories.before("a", START)
		expect((await histories.before("a", START - 5 * HOUR)).end).toBe((500_000 - 5) * HOUR)
		expect(histories.latest("a")?.end).toBe(500_000 * HOUR)
		for (let i = 0; i < 100; i++) await histories.before(`b${i}`, START)
		expect(histories.latest("a")).toBeUndefined()
		expect(histories.latest("b0")).toBeDefined()
		expect(ranges).toHaveLength(102)
	})
})
