import { describe, expect, it } from "vitest"
import { type Ast, pathText } from "./ast.ts"
import { SyntaxProblem } from "./lexer.ts"
import { parseCondition } from "./parser.ts"
import { parseLiteral } from "./units.ts"

/** Fully parenthesised, so that precedence shows. */
function show(ast: Ast): string {
	if (ast.kind === "binary") return `(${show(ast.left)} ${ast.op} ${show(ast.right)})`
	if (ast.kind === "negative") return `(-${show(ast.of)})`
	if (ast.kind === "call") return `${ast.name}[${ast.args.map(show).join(", ")}]`
	if (ast.kind === "path") return pathText(ast.segments)
	return ast.kind === "string" ? `'${ast.value}'` : ast.text
}

describe("a condition", () => {
	it.each([
		["a + b * c - d", "((a + (b * c)) - d)"],
		["a > 1 && b < 2 || c == 3", "(((a > 1) && (b < 2)) || (c == 3))"],
		["a > 1 || b < 2 && c == 3", "((a > 1) || ((b < 2) && (c == 3)))"],
		["-a * 2 >= (b + 1) / 2", "(((-a) * 2) >= ((b + 1) / 2))"],
		["any(x.*.y > 80%)", "any[(x.*.y > 80%)]"],
		["quantile(a.b, 95%, 1h30m) > $5", "(quantile[a.b, 95%, 1h30m] > $5)"],
		["x['my-server'].y == \"it's\"", "(x[\"my-server\"].y == 'it's')"],
	])("%s binds as %s", (text, expected) => {
		expect(show(parseCondition(text))).toBe(expected)
	})

	it("gives the place of what it cannot read", () => {
		try {
			parseCondition("a > 1 & b")
			expect.unreachable()
		} catch (error) {
			expect(error).toBeInstanceOf(SyntaxProblem)
			expect((error as SyntaxProblem).span).toEqual({ start: 6, end: 7 })
		}
	})
})

describe("a number", () => {
	it.each([
		["80%", 0.8, "ratio"],
		["$5", 5, "usd"],
		["7 USD", 7, "usd"],
		["10MB", 10_000_000, "bytes"],
		["2GiB", 2_147_483_648, "bytes"],
		["250ms", 0.25, "seconds"],
		["1h30m", 5400, "seconds"],
		["1.5e3", 1500, undefined],
		["-3", -3, undefined],
	])("%s is %d", (text, value, quantity) => {
		expect(parseLiteral(text)).toMatchObject({ value, quantity })
	})

	it.each(["", "many", "5 5", "1e400", "5min", "$", "%"])("%j is none", (text) => {
		expect(parseLiteral(text)).toBeUndefined()
	})
})
