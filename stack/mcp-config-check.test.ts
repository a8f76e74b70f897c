import { describe, expect, it } from "vitest"
import { problemsIn } from "./mcp-config-check.ts"

describe("a file of MCP servers", () => {
	it("may hold servers that are run and servers that are reached, and what else clients keep in it", () => {
		const file = {
			mcpServers: { a: { command: "npx", args: ["x"] }, b: { type: "http", url: "https://b/mcp" } },
			theme: 1,
		}
		expect(problemsIn(JSON.stringify(file))).toEqual([])
	})

	it("is told with line and column where it is no JSON", () => {
		expect(problemsIn('{\n  "mcpServers": {,}\n}')[0]).toMatch(/^line 2, column 18: /)
	})

	it("is told every server that can be neither run nor reached", () => {
		const problems = problemsIn('{"mcpServers": {"a": {}, "b": {"url": "ftp://b"}, "c": {"command": "npx"}}}')
		expect(problems).toHaveLength(2)
		expect(problems[0]).toMatch(/^mcpServers\.a: needs either/)
		expect(problems[1]).toMatch(/^mcpServers\.b.*: /)
		expect(problemsIn("{}")[0]).toBe('mcpServers: needs an object "mcpServers"')
		expect(problemsIn("[]")).toHaveLength(1)
	})
})
