import { describe, expect, it } from "vitest"
import { parseDrillOptions } from "./options.ts"

const parse = (...argv: string[]) => parseDrillOptions(argv, ["mcp-killed", "storm"])

describe("the command line of a drill", () => {
	it("runs everything unless drills are named, each once", () => {
		expect(parse()).toEqual({ command: "run", names: [], format: "markdown", out: undefined })
		expect(parse("storm", "storm", "--format", "json", "--out", "report.json")).toEqual({
			command: "run",
			names: ["storm"],
			format: "json",
			out: "report.json",
		})
	})

	it("lists and explains", () => {
		expect([parse("--list").command, parse("-h").command]).toEqual(["list", "help"])
	})

	it.each([
		[["mcp-kiled"], /mcp-killed/],
		[["--format", "xml"], /xml/],
		[["--fast"], /--fast/],
	])("refuses %j", (argv, message) => {
		expect(() => parse(...argv)).toThrow(message)
	})
})
