import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { likePatterns, matches, parseMatchers, readMatchers, showMatchers } from "./matchers.ts"

const parsed = (text: string) => {
	const result = parseMatchers(text)
	if ("problem" in result) throw new Error(result.problem)
	return result.matchers
}

describe("matchers", () => {
	it("are read as Alertmanager writes them, on one line or on several", () => {
		const wanted = [
			{ name: "component", op: "=", value: "database" },
			{ name: "server", op: "=~", value: "github|memory.*" },
			{ name: "team", op: "!=", value: 'a "b", c' },
		]
		expect(parsed(String.raw`component=database, server=~"github|memory.*",team != "a \"b\", c"`)).toEqual(wanted)
		expect(parsed('component = "database"\nserver=~github|memory.*\nteam!="a \\"b\\", c"\n')).toEqual(wanted)
		expect(parsed(showMatchers(parsed("a=b, c!~d.*")))).toEqual(parsed("a=b, c!~d.*"))
	})

	it.each([
		["", "such as component=database"],
		["component", "expected a matcher"],
		["component=database nonsense", "expected a matcher"],
		["9=a", "expected a matcher"],
		["server=~(a+)+", "may only have text"],
		["server=~a{5}", "may only have text"],
		["server=~.*", "everything would match"],
		["a!=b", "everything would match"],
		['a=""', "everything would match"],
		[Array.from({ length: 21 }, (_, i) => `a${i}=b`).join(), "at most 20"],
	])("that are invalid are refused: %j", (text, problem) => {
		expect(parseMatchers(text)).toEqual({ problem: expect.stringContaining(problem) })
	})

	it.each([
		["a=b", { a: "b" }, true],
		["a=b", { a: "B" }, false],
		["a=b", {}, false],
		["a=b, c!=d", { a: "b" }, true],
		["a=b, c!=d", { a: "b", c: "d" }, false],
		["a=~b|c.*", { a: "c" }, true],
		["a=~b|c.*", { a: "xc" }, false],
		["a=~b|c.*", { a: "bb" }, false],
		["a=~.*b.*b.*", { a: "xb" }, false],
		["a=b, c!~d.*", { a: "b", c: "dd" }, false],
		["a=~x\\.y", { a: "xzy" }, false],
	])("%s on %j is %j", (text, labels, wanted) => {
		expect(matches(parsed(text), labels)).toBe(wanted)
	})

	it("of a search may match what lacks a label, and may be in braces", () => {
		expect(readMatchers('{a!="b"}')).toEqual({ matchers: [{ name: "a", op: "!=", value: "b" }] })
		expect(readMatchers("{}")).toEqual({ problem: expect.stringContaining("such as component=database") })
		expect(readMatchers("{a=b")).toEqual({ problem: expect.stringContaining("expected a matcher") })
	})

	it("become patterns of LIKE, in which only .* matches anything", () => {
		expect(likePatterns("a_b.*|x\\.y")).toEqual(["a\\_b%", "x.y"])
	})

	it("match like the same regular expression", () => {
		const piece = fc.constantFrom("a", "b", "ab", ".*", "|", "\\.")
		const pattern = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(""))
		fc.assert(
			fc.property(pattern, fc.string({ unit: fc.constantFrom("a", "b", "."), maxLength: 8 }), (value, label) => {
				const real = new RegExp(`^(?:${value})$`).test(label)
				expect(matches([{ name: "x", op: "=~", value }], { x: label })).toBe(real)
			}),
		)
	})
})
