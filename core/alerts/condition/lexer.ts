import type { Span } from "../source.ts"
import type { Segment } from "./ast.ts"

export type Token = { readonly span: Span } & (
	| { readonly kind: "number"; readonly text: string; readonly value: number; readonly unit: string }
	| { readonly kind: "string"; readonly value: string }
	| { readonly kind: "path"; readonly segments: readonly Segment[] }
	| { readonly kind: "symbol"; readonly text: string }
	| { readonly kind: "end" }
)

/** What stopped the reading of a condition. */
export class SyntaxProblem extends Error {
	readonly id: "condition-syntax" | "condition-too-deep"
	readonly span: Span
	readonly expected: string | undefined
	readonly hint: string | undefined

	constructor(span: Span, message: string, more: { id?: SyntaxProblem["id"]; expected?: string; hint?: string } = {}) {
		super(message)
		this.id = more.id ?? "condition-syntax"
		this.span = span
		this.expected = more.expected
		this.hint = more.hint
	}
}

const NUMBER = /(?:\$\s?)?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+(?![A-Za-z]))?/y
const COMPOUND_DURATION = /\d+(?:ms|[smhdw])(?:\d+(?:ms|[smhdw]))+(?![A-Za-z0-9_])/y
const UNIT = /\s?(?:%|(?:ms|[smhdw]|[kKMGT]i?B|B|USD)(?![A-Za-z0-9_]))/y
const WORD = /[A-Za-z_][A-Za-z0-9_]*/y
const SYMBOL = /&&|\|\||==|!=|>=|<=|[<>()+\-*/,]/y
const HINTS: Readonly<Record<string, string>> = {
	"=": "two values are compared with ==",
	"&": "both conditions are joined with &&",
	"|": "either condition is joined with ||",
	"!": "write the opposite comparison; != compares for difference",
	"[": 'a name in brackets belongs behind a path, as in metrics.mcpServers["my-server"].errorRate',
	"{": "series selectors are for expr; a condition uses paths",
}

/** Splits a condition into tokens, an end token last. @throws SyntaxProblem */
export function tokenize(text: string): Token[] {
	const tokens: Token[] = []
	let at = 0
	const take = (pattern: RegExp): string | undefined => {
		pattern.lastIndex = at
		const found = pattern.exec(text)?.[0]
		if (found !== undefined) at += found.length
		return found
	}
	for (;;) {
		take(/\s*/y)
		const start = at
		const span = () => ({ start, end: at })
		const first = text[at]
		if (first === undefined) return [...tokens, { kind: "end", span: { start: text.length, end: text.length } }]
		if (first === "'" || first === '"') {
			at = closing(text, at) + 1
			tokens.push({ kind: "string", value: string(text, start), span: span() })
			continue
		}
		const compound = take(COMPOUND_DURATION)
		if (compound !== undefined) {
			tokens.push({ kind: "number", text: compound, value: Number.NaN, unit: "duration", span: span() })
			continue
		}
		const number = take(NUMBER)
		if (number !== undefined) {
			const unit = (take(UNIT) ?? "").trim()
			const dollars = number.startsWith("$")
			if (dollars && unit !== "")
				throw new SyntaxProblem(span(), "a number has one unit, not two", {
					expected: `${number} or ${number.slice(1)}${unit}`,
				})
			const stray = take(WORD)
			if (stray !== undefined)
				throw new SyntaxProblem({ start, end: at }, `${text.slice(start, at)} is not a number with a known unit`, {
					expected: "%, $, ms, s, m, h, d, w, B, KB, MB, GB, TB, KiB, MiB, GiB or TiB",
				})
			tokens.push({
				kind: "number",
				text: text.slice(start, at),
				value: Number(number.replace(/^\$\s?/, "")),
				unit: dollars ? "$" : unit,
				span: span(),
			})
			continue
		}
		const word = take(WORD)
		if (word !== undefined) {
			const segments: Segment[] = [{ text: word, star: false, span: span() }]
			for (let next = segment(text, at); next; next = segment(text, at)) {
				segments.push(next.segment)
				at = next.end
			}
			tokens.push({ kind: "path", segments, span: span() })
			refuseHyphen(text, start, at)
			continue
		}
		const symbol = take(SYMBOL)
		if (symbol === undefined) {
			const hint = HINTS[first]
			throw new SyntaxProblem(
				{ start, end: start + 1 },
				`${JSON.stringify(first)} has no meaning here`,
				hint === undefined ? {} : { hint },
			)
		}
		tokens.push({ kind: "symbol", text: symbol, span: span() })
	}
}

/** A hyphen right behind a name is meant to belong to it more often than to subtract. */
function refuseHyphen(text: string, start: number, at: number): void {
	const rest = /^-[A-Za-z_][\w-]*/.exec(text.slice(at))?.[0]
	if (rest === undefined) return
	const name = `${/[A-Za-z_]\w*$/.exec(text.slice(start, at))?.[0] ?? ""}${rest}`
	throw new SyntaxProblem(
		{ start: at - (name.length - rest.length), end: at + rest.length },
		"a hyphen is not allowed inside a name",
		{
			expected: `["${name}"] for a server of that name, or blanks around the minus`,
			hint: `write metrics.mcpServers["${name}"].errorRate`,
		},
	)
}

/** `.name`, `.*`, `.'any name'` or `["any name"]` behind a path. */
function segment(text: string, at: number): { segment: Segment; end: number } | undefined {
	const c = text[at]
	if (c === "[") {
		const quote = at + 1
		if (text[quote] !== "'" && text[quote] !== '"')
			throw new SyntaxProblem({ start: at, end: at + 1 }, "a name in brackets has to be quoted", {
				expected: 'for example ["my-server"]',
			})
		const end = closing(text, quote) + 1
		if (text[end] !== "]") throw new SyntaxProblem({ start: at, end }, "the bracket is not closed", { expected: "]" })
		return { segment: { text: string(text, quote), star: false, span: { start: quote, end } }, end: end + 1 }
	}
	if (c !== ".") return undefined
	const start = at + 1
	if (text[start] === "*")
		return { segment: { text: "*", star: true, span: { start, end: start + 1 } }, end: start + 1 }
	if (text[start] === "'" || text[start] === '"') {
		const end = closing(text, start) + 1
		return { segment: { text: string(text, start), star: false, span: { start, end } }, end }
	}
	WORD.lastIndex = start
	const word = WORD.exec(text)?.[0]
	if (word === undefined)
		throw new SyntaxProblem({ start: at, end: at + 1 }, "the path ends in a dot", { expected: "a name or *" })
	return { segment: { text: word, star: false, span: { start, end: start + word.length } }, end: start + word.length }
}

const string = (text: string, start: number) => text.slice(start + 1, closing(text, start))

function closing(text: string, start: number): number {
	const end = text.indexOf(text[start] ?? "", start + 1)
	if (end < 0)
		throw new SyntaxProblem({ start, end: text.length }, "the quote is not closed", { expected: text[start] ?? "'" })
	return end
}
