import { expect, it } from "vitest"
import { type DrillReport, passed, renderJson, renderMarkdown } from "./report.ts"

const START = Date.UTC(2026, 10, 30, 18)
const assessment = {
	alert: "database_down",
	incident: 1,
	detectedMs: 101_400,
	clockMs: 96_000,
	remediatedMs: undefined,
	resolvedMs: 80_000,
	promisedMs: 140_000,
	failures: [],
	late: [],
}
const fault = {
	name: "database-down",
	kind: "fault",
	about: "The database is stopped.",
	startedAt: START,
	endedAt: START + 200_000,
	assessments: [assessment],
	failures: [],
} as const
const quiet = { ...fault, name: "scrape-lost", kind: "quiet", about: "A scrape is lost.", assessments: [] } as const
const report: DrillReport = {
	outcomes: [fault, quiet],
	interrupted: false,
	unexplained: [],
	imbalances: [],
	counts: { incidents: [], remediations: 1, pages: 0, jobs: 3 },
	startedAt: START,
	endedAt: START + 600_000,
	machine: "linux, 2 processors",
	notRun: ["storm"],
}

it("says of each drill how long each step took, and what was not run", () => {
	expect(passed(report)).toBe(true)
	const text = renderMarkdown(report)
	expect(text).toContain("Passed: 1 faults and 1 quiet drills, 0 of them failed.")
	expect(text).toContain("| database-down | database_down | 1m41s | 1m36s | 2m20s | – | 1m20s | passed |")
	expect(text).toContain("| scrape-lost | A scrape is lost. | passed |")
	expect(text).toContain("- Not run: storm.")
	expect(JSON.parse(renderJson(report))).toMatchObject({ passed: true, outcomes: [{ name: "database-down" }, {}] })
})

it("fails for a failed step, for an incident without an explanation, and for books that do not balance", () => {
	const late = { ...fault, assessments: [{ ...assessment, failures: ["notified after 3m"] }] }
	const stray = {
		id: 7,
		fingerprint: "a",
		alertname: "collector_failed",
		severity: "warning",
		status: "firing",
		labels: {},
		startsAt: START,
		resolvedAt: undefined,
	}
	const wrong = [
		{ ...report, outcomes: [late] },
		{ ...report, outcomes: [{ ...quiet, failures: ["the drill itself failed: no stack"] }] },
		{ ...report, unexplained: [stray] },
		{ ...report, interrupted: true },
		{ ...report, imbalances: ["lost: the audit log is not intact"] },
	]
	expect(wrong.map(passed)).toEqual([false, false, false, false, false])
	const text = wrong.map(renderMarkdown).join("\n")
	expect(text).toContain("**failed**: notified after 3m")
	expect(text).toContain("**failed**: the drill itself failed: no stack")
	expect(text).toContain("7 collector_failed (warning)")
	expect(text).toContain("lost: the audit log is not intact")
})
