import { describe, expect, it } from "vitest"
import { worstDetection } from "../../../core/alerts/timing.ts"
import { brokenPromises } from "./promises.ts"

/** An alert on a component's state that waits a minute: 60 s, 60 s and 20 s. */
const delays = worstDetection({ kind: "promql", text: "", series: ["autonomous_component_status"] }, 60_000, "critical")
const broken = (onset: number, pending: number, fired: number, notified?: number) =>
	brokenPromises(
		{
			onsetAt: onset * 1000,
			pendingAt: pending * 1000,
			firedAt: fired * 1000,
			notifiedAt: notified === undefined ? undefined : notified * 1000,
		},
		delays,
	).map(({ step, tookMs, promisedMs, at }) => [step, tookMs / 1000, promisedMs / 1000, at / 1000])

describe("the promise of an alert", () => {
	it("counts that GitHub is asked every five minutes only", () => {
		const github = worstDetection(
			{
				kind: "promql",
				text: 'autonomous_component_status{component="github_actions",status="unhealthy"} == 1',
				series: ["autonomous_component_status"],
			},
			60_000,
			"warning",
		)
		expect(github.find(({ what }) => what === "source")?.ms).toBe(300_000)
		expect(delays.find(({ what }) => what === "source")?.ms).toBe(30_000)
	})

	it("is kept by the worst case itself, and by what is not known yet", () => {
		expect(broken(0, 60, 120, 140)).toEqual([])
		expect(broken(0, 35, 95)).toEqual([])
	})

	it("is broken by each step that takes longer, with the end of the step", () => {
		expect(broken(0, 100, 160, 180)).toEqual([["condition", 100, 60, 100]])
		expect(broken(0, 60, 150, 170)).toEqual([["duration", 90, 60, 150]])
		expect(broken(0, 60, 120, 300)).toEqual([["notification", 180, 20, 300]])
	})

	it("is not broken by less than Prometheus can distinguish", () => {
		expect(broken(0, 75, 145, 180)).toEqual([])
	})
})
