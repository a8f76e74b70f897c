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
	runbook_url: "http://localhost:9099/runbooks/mcp_server_slow.md",
	dashboard_url: "http://localhost:3000/d/system-health?a=1&b=2",
}

let scratch = ""
beforeAll(() => {
	scratch = mkdtempSync(path.join(tmpdir(), "observatory-templates-"))
})
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

/** What Alertmanager makes of a template for a notification about one alert. */
function render(
	template: string,
	annotations: Readonly<Record<string, string>>,
	status = "firing",
	more: Readonly<Record<string, string>> = {},
): string {
	const data = path.join(scratch, "data.json")
	const labels = { ...LABELS, ...more }
	const alert = {
		status,
		labels,
		annotations,
		startsAt: "2026-03-01T10:00:00Z",
		endsAt: "2026-03-01T10:30:00Z",
		fingerprint: "a1b2c3d4",
	}
	const common = { commonLabels: labels, commonAnnotations: annotations, groupLabels: {} }
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
			"Dashboard: http://localhost:3000/d/system-health?a=1&b=2",
			"Runbook: http://localhost:9099/runbooks/mcp_server_slow.md",
			"",
			"Silence: http://am/#/silences/new?filter=%7Balertname%3D%22mcp_server_slow%22%2Cserver%3D%22git%20hub%22%2Cseverity%3D%22warning%22%7D",
		])
	})

	it("in Slack has the same as links", () => {
		const text = render("observatory.slack", ANNOTATIONS)
		expect(text).toContain(
			"<http://localhost:9099/alerts/a1b2c3d4|Console> | <http://localhost:3000/d/system-health?a=1&amp;b=2|Dashboard> | <http://localhost:9099/runbooks/mcp_server_slow.md|Runbook>",
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

	const LINKS = ["acknowledge_url", "console_url", "dashboard_url", "runbook_url"]
	const TEXTS = ["observatory.text", "observatory.slack"]
	const FIRSTS = ["acknowledge", "console", "dashboard", "runbook"].map((name) => `observatory.first.${name}`)
	const OURS = { observatory_page: "escalation" }

	it.each([
		"!channel",
		"javascript:alert(1)",
		"https://evil.example|Acknowledge",
		"http://localhost:9099.evil.example/",
		"http://localhost:9099@evil.example/",
		"http://localhost:9099/x|Acknowledge> <!channel",
		"http://localhost:9099/acknowledge/1/x\n<!here>",
	])("has no link to %s, whichever annotation says so, and in a page of ours neither", (url) => {
		const annotations = { summary: "Odd", ...Object.fromEntries(LINKS.map((name) => [name, url])) }
		for (const labels of [{}, OURS])
			for (const template of [...TEXTS, ...FIRSTS]) {
				const text = render(template, annotations, "firing", labels)
				expect(text).not.toContain(url)
				expect(text).not.toMatch(/evil|channel|here|javascript/)
			}
	})

	it("has an acknowledgement link, and an address in the console, only as a page of ours", () => {
		const annotations = {
			summary: "Not acknowledged",
			acknowledge_url: "http://127.0.0.1:9099/acknowledge/1/a.b-c_d",
			console_url: "http://127.0.0.1:9099/incidents/1",
		}
		for (const template of [...TEXTS, "observatory.first.acknowledge", "observatory.first.console"]) {
			expect(render(template, annotations)).not.toMatch(/acknowledge\/1|incidents\/1/)
			expect(render(template, annotations, "firing", OURS)).toMatch(/acknowledge\/1\/a\.b-c_d|incidents\/1/)
		}
		expect(render("observatory.slack", annotations, "firing", OURS)).toContain(
			"<http://127.0.0.1:9099/acknowledge/1/a.b-c_d|Acknowledge> | <http://127.0.0.1:9099/incidents/1|Console>",
		)
	})

	it("has no mention, no markup, no escape byte and no character that changes the direction of the text", () => {
		const odd =
			"<!channel> & [Acknowledge](https://evil.example) \u001b[31m\u009b2J \u202Eesrever\u2066 a\u200Bb \uFEFF"
		const annotations = { summary: odd, description: odd, outcome: odd }
		for (const status of ["firing", "resolved"])
			for (const template of [...TEXTS, "observatory.title", "observatory.slack.title"]) {
				const text = render(template, annotations, status, { severity: "<!here>\u202E" })
				expect(text).toContain("ab")
				// biome-ignore lint/suspicious/noControlCharactersInRegex: what is looked for
				expect(text).not.toMatch(/[\u001b\u009b\u202e\u2066\u200b\ufeff]/)
				if (template.includes("slack")) expect(text).not.toMatch(/<!|& \[/)
				else expect(text).not.toContain("](")
			}
	})

	it("keeps the characters of ordinary names, emoji included", () => {
		const text = "سارة hält 東京 für 👩‍💻, می‌خواهم"
		expect(render("observatory.text", { summary: text }).split("\n")[0]).toBe(text)
	})
})
