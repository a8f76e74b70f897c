import { describe, expect, it } from "vitest"
import { parseOptions } from "./options.ts"

describe("the command line", () => {
	it("starts with the demo and fetches nothing unless asked to", () => {
		expect(parseOptions([])).toEqual({ command: "start", install: false, demo: "by default" })
		expect(parseOptions(["--install", "--no-demo"])).toEqual({ command: "start", install: true, demo: "never" })
		expect(parseOptions(["--demo"])).toEqual({ command: "start", install: false, demo: "beside GitHub" })
	})

	it("breaks and repairs one part", () => {
		expect(parseOptions(["break", "postgres"])).toEqual({ command: "break", target: "postgres" })
		expect(parseOptions(["repair", "postgres"])).toEqual({ command: "repair", target: "postgres" })
	})

	it.each(["reload", "status", "link"])("knows %s", (command) => {
		expect(parseOptions([command])).toEqual({ command })
	})

	it.each([
		[["reload", "alerts"]],
		[["status", "all"]],
		[["--instal"]],
		[["--demo", "--no-demo"]],
		[["break"]],
		[["break", "a", "b"]],
		[["start"]],
	])("refuses %j", (argv) => {
		expect(() => parseOptions(argv)).toThrow()
	})

	it("explains itself", () => {
		expect(parseOptions(["--install", "--help"])).toEqual({ command: "help" })
	})
})
