import { readdirSync, readFileSync } from "node:fs"
import path from "node:path"
import { describe, expect, it } from "vitest"
import { compileAlerts } from "../../core/alerts/compile.ts"
import { createSource } from "../../core/alerts/source.ts"
import { COMPONENTS } from "../../core/catalogue/subjects/components.ts"
import { CRITICAL_COMPONENTS, coverageGaps } from "./coverage.ts"

const root = path.resolve(import.meta.dirname, "../..")
const runbooks = new Set(readdirSync(path.join(root, "docs/runbooks")).map((file) => file.replace(/\.md$/, "")))
const { file } = compileAlerts(
	createSource("alerts.yaml", readFileSync(path.join(root, "prometheus/alerts.yaml"), "utf8")),
)
if (!file) throw new Error("alerts.yaml does not compile")

describe("the coverage of critical components", () => {
	it("is complete: an alert, one on absence, a runbook, an owner and a response for each", () => {
		expect(coverageGaps(file, runbooks)).toEqual([])
		const names = CRITICAL_COMPONENTS.map(({ name }) => name)
		expect(names).toEqual(expect.arrayContaining([...COMPONENTS]))
		expect(new Set(names).size).toBe(names.length)
	})

	it("has a gap for an alert that is gone, without a runbook, or of no component", () => {
		const without = (name: string) => ({ ...file, alerts: file.alerts.filter((alert) => alert.name !== name) })
		expect(coverageGaps(without("gate_unproven"), runbooks)).toEqual([
			"gate has no alert",
			"gate has no alert on its absence",
			"gate has neither a remediation nor an escalation nor a channel",
			"the alert gate_unproven does not exist",
		])
		expect(coverageGaps(file, new Set([...runbooks].filter((name) => name !== "watchdog")))).toEqual([
			"the alert watchdog has no runbook",
		])
		const renamed = file.alerts.map((alert) =>
			alert.name === "database_slow" ? { ...alert, name: "new", severity: "critical" as const } : alert,
		)
		expect(coverageGaps({ ...file, alerts: renamed }, runbooks)).toContain(
			"the critical alert new belongs to no component",
		)
	})
})
