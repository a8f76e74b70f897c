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

	it.each([
		['{\n\t"a": [1, 2]\n\t"b": 1\n}', { line: 3, column: 2, problem: "comma expected" }],
		['{"a": 1,}', { line: 1, column: 9, problem: "property name expected" }],
		["// why\n{}", { line: 1, column: 1, problem: "invalid comment token" }],
		["", { line: 1, column: 1, problem: "value expected" }],
	])("says where and why %j is not JSON", (text, fault) => {
		expect(findJsonFault(text)).toEqual(fault)
	})

	it("agrees with the engine about what is JSON", () => {
		const pieces = fc.array(
			fc.constantFrom(
				"{",
				"}",
				"[",
				"]",
				",",
				":",
				'"a"',
				'"',
				"1",
				"-",
				".5",
				"e3",
				"null",
				" ",
				"\n",
				"\\",
				"0",
				"/**/",
				"//",
				"\u0001",
				"\ufeff",
				"\u00a0",
			),
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
