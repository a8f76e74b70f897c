import { describe, expect, it } from "vitest"
import { parseCommand } from "./command.ts"

const read = (text: string) => parseCommand(text.split(" ").filter(Boolean))

describe("the demo's command line", () => {
	it("names a part to break or repair", () => {
		expect(read("break mcp")).toEqual({ do: "break", part: "mcp" })
		expect(read("repair all")).toEqual({ do: "repair", part: "all" })
		expect(read("repair stop")).toEqual({ do: "repair", part: "stop" })
		expect(read("break database")).toEqual({ do: "break", part: "database" })
		expect(read("status")).toEqual({ do: "status" })
		expect(read("")).toEqual({ do: "help" })
	})

	it.each(["break", "break all", "break stop", "break coffee", "status mcp", "explode mcp", "break mcp now"])(
		"refuses %s and explains itself",
		(text) => {
			expect(() => read(text)).toThrow(
				expect.objectContaining({ code: "bad_request", advice: expect.stringContaining("break mcp") }),
			)
		},
	)
})
