import { describe, expect, it } from "vitest"
import { alertsIn, type LoadedAlert, notLoaded } from "./loaded.ts"

const written = alertsIn(`groups:
  - name: a
    rules:
      - { alert: slow, expr: "max by (server) (x) > 0.1", for: 1m30s, labels: { severity: warning }, annotations: { summary: Slow } }
`)
const live: LoadedAlert = {
	name: "slow",
	query: "max by(server) (x) > 0.1",
	duration: 90,
	labels: { severity: "warning" },
	annotations: { summary: "Slow" },
}
/** Replaces Prometheus' formatter, which knows that numbers may be written in several ways. */
const format = async (query: string) => query.replace(/\s+/g, "").replace("1e-1", "0.1")

describe("what Prometheus has loaded", () => {
	it("is what was written, however it spells the expression", async () => {
		expect(await notLoaded(written, [live], format)).toEqual([])
		expect(await notLoaded(written, [{ ...live, query: "max by (server) (x) > 1e-1" }], format)).toEqual([])
	})

	it.each([
		["another threshold", { query: "max by(server) (x) > 0.2" }],
		["another duration", { duration: 60 }],
		["other labels", { labels: { severity: "critical" } }],
		["other words", { annotations: { summary: "Late" } }],
		["another name", { name: "late" }],
	])("is not what was written with %s", async (_, difference) => {
		expect(await notLoaded(written, [{ ...live, ...difference }], format)).toEqual(["slow"])
	})
})
