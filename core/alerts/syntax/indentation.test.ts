import { describe, expect, it } from "vitest"
import { compileAlerts } from "../compile.ts"
import { createSource } from "../source.ts"
import { badLine } from "./indentation.ts"

const LINES = `# What people are notified about.
parameters:
  limit: 5
alerts:
  critical:
    - name: a
      # A comment.
      condition: metrics.reviews.pending > limit
      description: |
        Reviews wait: many
          of them.
      channels: [x]

    - name: b
      condition: metrics.reviews.pending > 20
      channels:
        - x
        - "y"
  warning:
    - channels: [x]
      summary: "Reviews: many"
      name: c
      condition: >-
        metrics.reviews.pending
        > 20`.split("\n")

/** Lines that begin a mapping, a list or a text: their place decides where those after them should have been. */
const FIRST = [1, 2, 4, 5, 9, 16, 19, 23]

const codes = (text: string) => compileAlerts(createSource("alerts.yaml", text)).diagnostics

describe("a line that is indented wrongly", () => {
	it("is not found in a file that is right", () => {
		expect(codes(LINES.join("\n"))).toEqual([])
		expect(badLine(LINES.join("\n"))).toBeUndefined()
	})

	it("is the one that the message is about, with where it should be", () => {
		let reported = 0
		for (const [at, line] of LINES.entries()) {
			const indent = line.length - line.trimStart().length
			if (line.trim() === "" || line.trim().startsWith("#")) continue
			for (const by of [-3, -2, -1, 1, 2, 3, 4]) {
				if (indent + by < 0) continue
				const text = LINES.with(at, " ".repeat(indent + by) + line.trimStart()).join("\n")
				const [first] = codes(text).filter(({ id }) => id === "yaml-syntax")
				if (!first) continue
				reported++
				if (FIRST.includes(at)) expect(first.position.line - 1).toBeGreaterThanOrEqual(at)
				else expect(first.position.line - 1).toBe(at)
				expect(first.message).toMatch(/fits none of the lines above|is not indented/)
				expect(first.expected).toMatch(/spaces?/)
			}
		}
		expect(reported).toBeGreaterThan(60)
	})
})
