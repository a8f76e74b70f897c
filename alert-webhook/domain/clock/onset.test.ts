import { describe, expect, it } from "vitest"
import { decideOnset, type OnsetEvidence } from "./onset.ts"

const MINUTE = 60_000
const PENDING = 1_800_000_000_000
const usual: OnsetEvidence = {
	pendingAt: PENDING,
	firedAt: PENDING + MINUTE,
	receivedAt: PENDING + MINUTE + 1_000,
	sourceAt: undefined,
	scrapedAt: undefined,
	starts: { prometheus: PENDING - 60 * MINUTE, sources: [PENDING - 50 * MINUTE] },
}
const onset = (change: Partial<OnsetEvidence>) => {
	const { at, certainty, from } = decideOnset({ ...usual, ...change })
	return [(at - PENDING) / 1000, certainty, from]
}

describe("the onset of an incident", () => {
	it.each<[string, Partial<OnsetEvidence>, readonly unknown[]]>([
		["is the first true evaluation", {}, [0, "measured", "rule"]],
		["is the last good look of the source", { sourceAt: PENDING - 35_000 }, [-35, "measured", "source"]],
		["is the last good scrape", { scrapedAt: PENDING - 15_000 }, [-15, "measured", "scrape"]],
		["is not a good look long ago, at another state", { sourceAt: PENDING - 10 * MINUTE }, [0, "measured", "rule"]],
		["is not a good look after the condition was true", { sourceAt: PENDING + 5_000 }, [0, "measured", "rule"]],
		["is bounded by the firing where Prometheus knows nothing", { pendingAt: undefined }, [60, "bounded", "alert"]],
		[
			"is bounded by the firing where its time is impossible",
			{ pendingAt: PENDING + 2 * MINUTE },
			[60, "bounded", "alert"],
		],
	])("%s", (_, change, expected) => {
		expect(onset(change)).toEqual(expected)
	})

	it("is bounded by the start of the watch when the condition is true right after it", () => {
		expect(onset({ starts: { prometheus: PENDING - 20_000, sources: [] } })).toEqual([0, "bounded", "restart"])
		expect(onset({ starts: { prometheus: PENDING - 60 * MINUTE, sources: [PENDING - 40_000] } })).toEqual([
			0,
			"bounded",
			"restart",
		])
		expect(onset({ starts: { prometheus: PENDING - 3 * MINUTE, sources: [] } })).toEqual([0, "measured", "rule"])
	})

	it("leaves out the time of a restart between the condition and the notification", () => {
		const starts = { prometheus: PENDING + 9 * MINUTE, sources: [] }
		const late = { firedAt: PENDING + MINUTE, receivedAt: PENDING + 10 * MINUTE }
		expect(onset({ starts, ...late })).toEqual([540, "bounded", "restart"])
		// One after the notification changes nothing.
		expect(onset({ starts })).toEqual([0, "measured", "rule"])
	})

	it("does not mind that an exporter started while the alert was pending", () => {
		expect(onset({ starts: { prometheus: undefined, sources: [PENDING + 10_000] } })).toEqual([0, "measured", "rule"])
	})
})
