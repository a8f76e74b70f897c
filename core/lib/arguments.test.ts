import { spawnSync } from "node:child_process"
import path from "node:path"
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

describe("a command", () => {
	it("exits with the number of its main, 2 after a usage error and 1 after any other", () => {
		const lib = JSON.stringify(path.join(import.meta.dirname, "arguments.ts"))
		const script = `
			import { runCommand, usageError } from ${lib}
			const codes = []
			for (const main of [
				async () => 3,
				async () => { throw usageError("Unknown command", "usage: …") },
				() => { throw new Error("no space left") },
				() => 0,
			]) {
				await runCommand(main)
				codes.push(process.exitCode)
			}
			console.log(JSON.stringify(codes))`
		const node = ["--import", "tsx", "--input-type=module", "-e", script]
		const { status, stdout, stderr } = spawnSync(process.execPath, node, { encoding: "utf8" })
		expect(JSON.parse(stdout)).toEqual([3, 2, 1, 0])
		expect(stderr).toBe("Unknown command\n  → usage: …\nno space left\n")
		expect(status).toBe(0)
	})
})
