import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { compileAlerts } from "../../core/alerts/compile.ts"
import { createSource } from "../../core/alerts/source.ts"
import { renderAlerts } from "./rules.ts"

const LINKS = { runbookBase: "https://example.com/runbooks", grafanaBase: "https://grafana.example.com" }

/** The annotations of an alert with these fields; undefined when the compiler refuses it. */
function annotationsOf(fields: Record<string, string>): Readonly<Record<string, string>> | undefined {
	const alert = {
		name: "example",
		condition: "any(metrics.mcpServers.*.errorRate > 0.1)",
		channels: ["ops"],
		...fields,
	}
	const { file } = compileAlerts(createSource("alerts.yaml", JSON.stringify({ alerts: { warning: [alert] } })))
	const [rule] = file ? renderAlerts(file, LINKS).flatMap(({ rules }) => rules) : []
	return rule && "annotations" in rule ? rule.annotations : undefined
}

/** What Prometheus makes of a text with our own templates; throws for any other. */
const ACTION = /\{\{ (\$value \| humanizePercentage|\$labels\.server|"\{\{") \}\}/g
const VALUES: Readonly<Record<string, string>> = { "$labels.server": "SERVER", '"{{"': "{{" }
const expanded = (text: string) => {
	expect(text.replace(ACTION, "")).not.toContain("{{")
	return text.replace(ACTION, (_, action: string) => VALUES[action] ?? "VALUE")
}

const part = fc.constantFrom(
	"{",
	"}",
	"{{",
	"}}",
	"{server}",
	"{value}",
	"$",
	"|",
	'"',
	" ",
	"a",
	"query",
	"server",
	".",
)

describe("an annotation", () => {
	it("runs no template but those that fill in its placeholders, whatever its text is", () => {
		let rendered = 0
		fc.assert(
			fc.property(fc.array(part, { minLength: 1, maxLength: 12 }), (parts) => {
				const description = parts.join("")
				const text = annotationsOf({ description })?.description
				if (text === undefined) return
				rendered++
				const filled = description
					.trim()
					.replace(/(?<!\{)\{(server|value)\}(?!\})/g, (_, name: string) => name.toUpperCase())
				expect(expanded(text)).toBe(filled)
			}),
			{ numRuns: 1_000 },
		)
		expect(rendered).toBeGreaterThan(300)
	})

	it.each([
		[undefined, "https://example.com/runbooks/example.md"],
		["docs/runbooks/other.md", "https://example.com/runbooks/other.md"],
		["https://wiki.example.com/a?b=%7Bc%7D#d", "https://wiki.example.com/a?b=%7Bc%7D#d"],
	])("links for the runbook %s to %s", (runbook, url) => {
		expect(annotationsOf(runbook === undefined ? {} : { runbook })?.runbook_url).toBe(url)
	})

	it.each([
		"javascript:alert(1)",
		"JavaScript://example.com/%0aalert(1)",
		"data:text/html,x",
		"file:///etc/passwd",
		"//example.com/x",
		"../../etc/passwd",
		"docs/runbooks/../../README.md",
		'https://example.com/{{ query "up" }}',
		"https://example.com/ x",
		"https://example.com/\u202egpj",
		'https://example.com/"onclick="x',
		"https://",
	])("has no link to %s", (runbook) => {
		expect(annotationsOf({ runbook })).toBeUndefined()
	})
})
