import { mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { describe, expect, it } from "vitest"
import { shippedFile } from "../../core/lib/files.ts"
import { readApprovalRules } from "./approval-rules.ts"

function file(content: string): string {
	const name = path.join(mkdtempSync(path.join(tmpdir(), "approval-rules-")), "rules.yaml")
	writeFileSync(name, content)
	return name
}

describe("the rules for calls that need a person", () => {
	it("are read from both examples of the documentation, which name what they say", () => {
		const text = readFileSync(shippedFile("docs/approvals.md"), "utf8")
		const examples = [...text.matchAll(/```yaml\n(.*?)```/gs)].map(([, yaml = ""]) => readApprovalRules(file(yaml)))
		expect(examples.map(({ waitS, rules }) => [waitS, rules.length])).toEqual([
			[300, 2],
			[120, 3],
		])
		const named = (example: number, name: string, command: string) =>
			new RegExp(examples[example]?.rules.find((rule) => rule.name === name)?.arguments ?? "$^", "u").test(command)
		expect(named(0, "pushes to main", "git push origin main")).toBe(true)
		expect(named(0, "pushes to main", "git push origin domain-names")).toBe(false)
		expect(named(0, "migrations", "npx prisma migrate deploy")).toBe(true)
		expect(named(1, "recursive deletions", "rm -fr build")).toBe(true)
		expect(named(1, "recursive deletions", "rm notes.txt")).toBe(false)
	})

	it("are read from JSON, and wait five minutes by default", () => {
		expect(readApprovalRules(file('{"rules": [{"name": "all", "tool": ".*"}]}'))).toEqual({
			waitS: 300,
			rules: [{ name: "all", tool: ".*" }],
		})
	})

	it.each([
		["rules: [{ name: x, tool: '(' }]", /rules\.0\.tool: expected a regular expression/],
		["rules: [{ name: x, tools: a }]", /rules\.0/],
		["wait: 1h\nrules: []", /wait: expected 5s to 9m/],
		["", /the file/],
		["rules: [", /cannot be read/],
	])("are refused: %s", (content, problem) => {
		expect(() => readApprovalRules(file(content))).toThrow(problem)
	})
})
