import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { PATHS } from "../catalogue/index.ts"
import { EVENT_TYPES } from "../catalogue/subjects/events.ts"
import { compileAlerts } from "./compile.ts"
import { renderGithub } from "./report/github.ts"
import { renderText } from "./report/text.ts"
import { createSource } from "./source.ts"

const word = fc.constantFrom(
	"any",
	"all",
	"(",
	")",
	"&&",
	"||",
	">",
	"==",
	"*",
	"-",
	"/",
	"5m",
	"80%",
	"$5",
	"'healthy'",
	",",
	"increase",
	"avg",
	"event.type",
	EVENT_TYPES[0],
	"dailyBudget",
	'["x"]',
	".",
	"[",
	"'",
	'"',
	"{",
	"\n",
	"\t",
	"#",
	": ",
	...PATHS.slice(0, 12).map(({ path }) => path),
)
const condition = fc.oneof(
	fc.array(word, { maxLength: 14 }).map((words) => words.join(" ")),
	fc.string({ unit: "binary", maxLength: 60 }),
)
const VALID =
	"alerts:\n  warning:\n    - name: example\n      condition: metrics.reviews.pending > 20\n      duration: 5m\n      channels: [slack-ops]\n"

/** Compiles and renders every report; what matters is that it comes back, and that every position is a real one. */
function survive(text: string): void {
	const source = createSource("alerts.yaml", text)
	const { file, diagnostics } = compileAlerts(source, { runbooks: new Set(), channels: new Map() })
	const lines = text.split("\n").length
	for (const { position } of diagnostics) {
		expect(position.line).toBeGreaterThan(0)
		expect(position.line).toBeLessThanOrEqual(lines)
		expect(position.column).toBeGreaterThan(0)
	}
	expect(file === undefined).toBe(diagnostics.some(({ severity }) => severity === "error"))
	expect(`${renderText(source, diagnostics)}${renderGithub(source, diagnostics)}`).not.toContain("undefined")
}

describe("the compiler", () => {
	it("answers every condition with diagnostics or an alert, never with an exception", () => {
		fc.assert(
			fc.property(condition, (text) =>
				survive(
					`alerts:\n  warning:\n    - name: example\n      condition: ${JSON.stringify(text)}\n      channels: [slack-ops]\n`,
				),
			),
			{ numRuns: 1_500 },
		)
	})

	it("answers every text that is put into a valid file's place", () => {
		fc.assert(
			fc.property(fc.nat(VALID.length), fc.nat(20), fc.oneof(condition, fc.string({ maxLength: 20 })), (at, cut, put) =>
				survive(VALID.slice(0, at) + put + VALID.slice(at + cut)),
			),
			{ numRuns: 1_500 },
		)
	})

	it("answers any text at all", () => {
		fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 300 }), survive), { numRuns: 500 })
	})

	it("refuses what would exhaust it before it does", () => {
		for (const text of [
			"[".repeat(100_000),
			"{a: ".repeat(50_000),
			"- ".repeat(50_000),
			`a: &a [x]\nb: ${"*a ".repeat(1000)}`,
			"a:\n".repeat(10_000),
			`${"x".repeat(9_000_000)}`,
		])
			survive(text)
		let nested = ""
		for (let i = 0; i < 5_000; i++) nested += `${" ".repeat(i)}a:\n`
		survive(nested.slice(0, 7_000_000))
	})
})
