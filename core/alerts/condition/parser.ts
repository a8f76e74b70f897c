import type { Span } from "../source.ts"
import { type Ast, COMPARISONS, type Comparison, type Operator, pathText } from "./ast.ts"
import { SyntaxProblem, type Token, tokenize } from "./lexer.ts"

const MAX_DEPTH = 50
const MAX_CHARACTERS = 5_000

const BINDING: Readonly<Record<Operator, number>> = {
	"||": 1,
	"&&": 2,
	"==": 3,
	"!=": 3,
	">": 3,
	">=": 3,
	"<": 3,
	"<=": 3,
	"+": 4,
	"-": 4,
	"*": 5,
	"/": 5,
}
const WORDS: Readonly<Record<string, string>> = {
	and: "both conditions are joined with &&",
	or: "either condition is joined with ||",
	not: "write the opposite comparison; != compares for difference",
	is: "two values are compared with ==",
}

export const isComparison = (op: string): op is Comparison => (COMPARISONS as readonly string[]).includes(op)

const tooDeep = (span: Span) =>
	new SyntaxProblem(span, `the condition is nested more than ${MAX_DEPTH} deep`, { id: "condition-too-deep" })

/** Reads a condition by operator precedence: `||`, `&&`, comparisons (which do not chain), `+ -`, `* /`. @throws SyntaxProblem */
export function parseCondition(text: string): Ast {
	if (text.length > MAX_CHARACTERS)
		throw new SyntaxProblem({ start: 0, end: 1 }, `the condition is longer than ${MAX_CHARACTERS} characters`)
	const tokens = tokenize(text)
	let at = 0
	let depth = 0

	const peek = (): Token => tokens[at] ?? { kind: "end", span: { start: text.length, end: text.length } }
	const isSymbol = (symbol: string) => {
		const token = peek()
		return token.kind === "symbol" && token.text === symbol
	}
	const problem = (expected: string) => {
		const token = peek()
		const written = text.slice(token.span.start, token.span.end)
		const before = tokens[at - 1]
		const hint =
			WORDS[written.toLowerCase()] ?? (before && WORDS[text.slice(before.span.start, before.span.end).toLowerCase()])
		return new SyntaxProblem(
			token.span,
			token.kind === "end" ? "the condition ends too early" : `${written} is not allowed here`,
			{
				expected,
				...(hint === undefined ? {} : { hint }),
			},
		)
	}
	const expect = (symbol: string, orElse: string) => {
		if (!isSymbol(symbol)) throw problem(orElse)
		return tokens[at++]?.span ?? peek().span
	}

	const operator = (): Operator | undefined => {
		const token = peek()
		return token.kind === "symbol" && token.text in BINDING ? (token.text as Operator) : undefined
	}

	const expression = (minimum: number): Ast => {
		if (++depth > MAX_DEPTH) throw tooDeep(peek().span)
		let left = operand()
		for (let op = operator(); op !== undefined && BINDING[op] >= minimum; op = operator()) {
			const opSpan = peek().span
			if (left.kind === "binary" && isComparison(left.op) && isComparison(op) && !parenthesised.has(left)) {
				throw new SyntaxProblem(opSpan, "comparisons do not chain", { hint: "write a < b && b < c" })
			}
			at++
			const right = expression(BINDING[op] + 1)
			left = { kind: "binary", op, opSpan, left, right, span: { start: left.span.start, end: right.span.end } }
		}
		depth--
		return left
	}

	const parenthesised = new WeakSet<Ast>()
	const operand = (): Ast => {
		const token = peek()
		if (token.kind === "number" || token.kind === "string") {
			at++
			return token
		}
		if (token.kind === "path") return pathOrCall(token)
		if (isSymbol("-")) {
			at++
			if (++depth > MAX_DEPTH) throw tooDeep(token.span)
			const of = operand()
			depth--
			return { kind: "negative", of, span: { start: token.span.start, end: of.span.end } }
		}
		if (!isSymbol("(")) throw problem("a path, a number, a quoted text, a function or (")
		at++
		const inner = expression(0)
		expect(")", "an operator or )")
		parenthesised.add(inner)
		return inner
	}

	const pathOrCall = (token: Token & { kind: "path" }): Ast => {
		at++
		if (!isSymbol("(")) return { kind: "path", segments: token.segments, span: token.span }
		at++
		const args: Ast[] = []
		while (!isSymbol(")")) {
			args.push(expression(0))
			if (!isSymbol(",")) break
			at++
		}
		const end = expect(")", "an operator, a comma or )").end
		return {
			kind: "call",
			name: pathText(token.segments),
			nameSpan: token.span,
			args,
			span: { start: token.span.start, end },
		}
	}

	const whole = expression(0)
	if (peek().kind !== "end") throw problem("&&, || or the end of the condition")
	return whole
}
