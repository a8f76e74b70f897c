import { describe, expect, it } from "vitest"
import type { StoredAssessment } from "../../../core/db/schema/index.ts"
import { scoreAll } from "./detectors.ts"
import { inFull, inShort } from "./words.ts"

const HISTORY = Array.from({ length: 720 }, (_, i) => ({ at: i * 3_600_000, value: 10 + (i % 24) / 4 }))

const assessed = (value: number | null, change: Partial<StoredAssessment> = {}): StoredAssessment => ({
	subject: "metrics.sessions.tokenUsage.cost",
	labels: {},
	value,
	historyPoints: HISTORY.length,
	scores: scoreAll(HISTORY, value ?? undefined),
	...change,
})

describe("how unusual it was", () => {
	it("names the value, both scores, and the usual range", () => {
		expect(inFull(assessed(48.2))).toBe(
			"metrics.sessions.tokenUsage.cost was $48.20 at the start of the incident, unusually high: " +
				"$7.12 to $18.63 is usual over the 30 days before (zscore 20.4, iqr 11.8).",
		)
		expect(inShort(assessed(48.2))).toBe("metrics.sessions.tokenUsage.cost unusually high (zscore 20.4, iqr 11.8)")
		expect(inShort(assessed(1))).toContain("unusually low")
	})

	it("says that it was as usual", () => {
		expect(inFull(assessed(13))).toContain(
			"as usual: $7.12 to $18.63 is usual over the 30 days before (zscore 0.0722, iqr 0).",
		)
	})

	it("gives the reason when there is no score", () => {
		expect(inFull(assessed(13, { scores: scoreAll([], 13) }))).toBe(
			"metrics.sessions.tokenUsage.cost was $13.00 at the start of the incident; it has no anomaly score: not enough history.",
		)
		expect(inShort(assessed(null))).toBe("metrics.sessions.tokenUsage.cost: it had no value at the start")
	})

	it("names the server, for any name, and uses the value's own unit", () => {
		const rate = { subject: "metrics.mcpServers.*.errorRate", labels: { server: "$&*" } }
		expect(inFull(assessed(0.25, rate))).toContain(
			"metrics.mcpServers.$&*.errorRate was 25 % at the start of the incident",
		)
	})

	it("shows a subject that the catalogue no longer scores", () => {
		expect(inFull(assessed(48.2, { subject: "metrics.forgotten" }))).toContain("metrics.forgotten was 48.2 at")
	})
})
