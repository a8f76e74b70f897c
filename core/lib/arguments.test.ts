import { describe, expect, it } from "vitest"
import { exitCodeOf, readArguments } from "./arguments.ts"

const read = (...args: string[]) =>
	readArguments({ args, options: { install: { type: "boolean" }, file: { type: "string" } } }, "usage: …")

describe("a command line", () => {
	it.each([
		[["--instal"], 'Unknown option "--instal": did you mean --install?'],
		[["--coffee"], 'Unknown option "--coffee"'],
		[["now"], 'Unexpected argument "now"'],
		[["--file"], "Option '--file <value>' argument missing"],
	])("with the mistake %j reports it with the usage, and exits with 2", (args, message) => {
		try {
			read(...args)
			expect.unreachable()
		} catch (error) {
			expect(error).toMatchObject({ code: "bad_request", message, advice: "usage: …" })
			expect(exitCodeOf(error)).toBe(2)
		}
	})

	it("without a mistake is parsed", () => {
		expect(read("--install", "--file", "a").values).toEqual({ install: true, file: "a" })
	})
})
