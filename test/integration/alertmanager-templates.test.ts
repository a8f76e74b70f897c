import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"

const ROOT = path.resolve(import.meta.dirname, "../..")
const LABELS = { alertname: "mcp_server_slow", severity: "warning", server: "git hub" }
const ANNOTATIONS = {
	summary: "MCP server git hub is slow",
	description: "One request in twenty takes longer than 12s.",
	runbook_url: "http://console/runbooks/mcp_server_slow.md",
	dashboard_url: "http://grafana/d/system-health",
}

let scratch = ""
beforeAll(() => {
	scratch = mkdtempSync(path.join(tmpdir(), "observatory-templates-"))
})
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

/** What Alertmanager makes of a template for a notification about one alert. */
function render(template: string, annotations: Readonly<Record<string, string>>, status = "firing"): string {
	const data = path.join(scratch, "data.json")
	const alert = {
		status,
		labels: LABELS,
		annotations,
		startsAt: "2026-03-01T10:00:00Z",
		endsAt: "2026-03-01T10:30:00Z",
		fingerprint: "a1b2c3d4",
	}
	const common = { commonLabels: LABELS, commonAnnotations: annotations, groupLabels: {} }
	writeFileSync(data, JSON.stringify({ receiver: "x", status, alerts: [alert], externalURL: "http://am", ...common }))
	const text = `{{ template "${template}" . }}`
	const args = ["--template.glob=alertmanager/templates/*.tmpl", `--template.text=${text}`, `--template.data=${data}`]
	return execFileSync("amtool", ["template", "render", ...args], { cwd: ROOT, encoding: "utf8" }).trim()
}

describe("a notification", () => {
	it("in plain text says what is wrong, since when, and where to read, look and silence", () => {
		expect(render("observatory.text", ANNOTATIONS).split("\n")).toEqual([
			"MCP server git hub is slow",
			"One request in twenty takes longer than 12s.",
			"Severity: warning. Since 2026-03-01 10:00:00 UTC",
			"Console: http://localhost:9099/alerts/a1b2c3d4",
			"Dashboard: http://grafana/d/system-health",
			"Runbook: http://console/runbooks/mcp_server_slow.md",
			"",
			"Silence: http://am/#/silences/new?filter=%7Balertname%3D%22mcp_server_slow%22%2Cserver%3D%22git%20hub%22%2Cseverity%3D%22warning%22%7D",
		])
	})

	it("in Slack has the same as links", () => {
		const text = render("observatory.slack", ANNOTATIONS)
		expect(text).toContain(
			"<http://localhost:9099/alerts/a1b2c3d4|Console> | <http://grafana/d/system-health|Dashboard> | <http://console/runbooks/mcp_server_slow.md|Runbook>",
		)
		expect(text).toMatch(/<http:\/\/am\/#\/silences\/new\?\S+\|Silence>$/)
	})

	it("says that it is resolved, and since when", () => {
		expect(render("observatory.title", ANNOTATIONS, "resolved")).toBe("[RESOLVED] MCP server git hub is slow (warning)")
		expect(render("observatory.text", ANNOTATIONS, "resolved")).toContain("10:00:00 UTC, over at 10:30:00 UTC")
	})

	it("of an alert that is not ours, without links, has no empty ones", () => {
		const text = render("observatory.text", { summary: "Odd" })
		expect(text).not.toMatch(/Runbook|Dashboard/)
	})
})
