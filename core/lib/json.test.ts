import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { findJsonFault } from "./json.ts"

describe("findJsonFault", () => {
	it("finds nothing in valid JSON", () => {
		fc.assert(
			fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2), (value, indent) => {
				expect(findJsonFault(JSON.stringify(value, null, indent))).toBeUndefined()
			}),
		)
	})

	it("agrees with the engine", () => {
		const pieces = fc.array(
			fc.constantFrom("{", "}", "[", "]", ",", ":", '"a"', '"', "1", "-", ".5", "e3", "null", " ", "\n", "\\"),
		)
		fc.assert(
			fc.property(pieces, (parts) => {
				const text = parts.join("")
				let valid = true
				try {
					JSON.parse(text)
				} catch {
					valid = false
				}
				expect(findJsonFault(text) === undefined).toBe(valid)
			}),
			{ numRuns: 2_000 },
		)
	})
})
