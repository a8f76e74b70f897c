import { type Document, Lexer, parseDocument, type YAMLError } from "yaml"
import { messageOf } from "../../lib/errors.ts"
import type { Diagnostic } from "../diagnostics.ts"
import type { Report } from "../source.ts"
import { badLine } from "./indentation.ts"

export const MAX_DEPTH = 20

/** Problems after which the rest of the file still means what it says. */
const LOCAL: ReadonlySet<string> = new Set(["DUPLICATE_KEY", "MULTIPLE_DOCS", "BAD_ALIAS"])
/** What a line in a wrong place leads to, often at another line. */
const STRUCTURAL: ReadonlySet<string> = new Set([
	"BAD_INDENT",
	"BLOCK_AS_IMPLICIT_KEY",
	"MISSING_CHAR",
	"MULTILINE_IMPLICIT_KEY",
	"UNEXPECTED_TOKEN",
])

/** YAML 1.2 text as the library's document, every problem reported; undefined when the text has no structure to go by. */
export function compose(text: string, report: Report): Document.Parsed | undefined {
	const fail = (start: number, end: number, problem: Pick<Diagnostic, "message" | "expected" | "hint">) =>
		report({ start, end: Math.max(end, start + 1) }, { id: "yaml-syntax", severity: "error", ...problem })
	const deep = deepestFlow(text)
	if (deep !== undefined) {
		fail(deep, deep + 1, { message: `brackets are nested more than ${MAX_DEPTH} deep` })
		return undefined
	}
	try {
		const document = parseDocument(text, { prettyErrors: false })
		const problems = [...document.errors, ...document.warnings]
		const tabs = problems.some(({ code }) => code === "TAB_AS_INDENT")
		const line = !tabs && problems.some(({ code }) => STRUCTURAL.has(code)) ? badLine(text) : undefined
		if (line) fail(line.span.start, line.span.end, line)
		for (const problem of problems) {
			const hidden = (line !== undefined || tabs) && STRUCTURAL.has(problem.code)
			if (hidden || follows(problem, problems)) continue
			const open = /^Missing closing .quote$|^Flow .* end with a .$/.test(problem.message) ? unclosed(text) : undefined
			if (open) fail(open.start, open.start + 1, { message: `the ${open.what} is not closed`, expected: open.expected })
			else fail(...problem.pos, wordsFor(problem))
		}
		return problems.every(({ code }) => LOCAL.has(code)) ? document : undefined
	} catch (error) {
		fail(0, 1, { message: `this is not YAML that can be read: ${messageOf(error)}` })
		return undefined
	}
}

/** Whether a problem is the same as one before it in the library's other words. */
const follows = ({ code, pos }: YAMLError, all: readonly YAMLError[]): boolean =>
	code === "MULTILINE_IMPLICIT_KEY" && all.some((other) => other.code !== code && other.pos[0] === pos[0])

/** Where brackets or block sequences nest deeper than anything this language has, which would exhaust the stack. */
function deepestFlow(text: string): number | undefined {
	let depth = 0
	for (let i = 0; i < text.length; i++) {
		const c = text[i]
		if (c === "\n") depth = /^[ \t]*[[{\]},]/.test(text.slice(i + 1, i + 200)) ? depth : 0
		else if (c === "[" || c === "{") depth++
		else if (c === "]" || c === "}") depth = Math.max(0, depth - 1)
		else if (c === "-" && /^(?:- ){20}/.test(text.slice(i, i + 40))) return i
		if (depth > MAX_DEPTH) return i
	}
	return undefined
}

/** Tokens of the lexer that are no part of the text: the start of a document, the end of brackets, a plain value. */
const FLOW_END = "\u0018"
const MARKERS = ["\u0002", FLOW_END, "\u001f"]

const CLOSING: Readonly<Record<string, string>> = { "[": "]", "{": "}" }

/** The quote or innermost bracket that is open where it has to be closed. */
function unclosed(text: string): { start: number; what: string; expected: string } | undefined {
	const open: { start: number; expected: string }[] = []
	let at = 0
	for (const token of new Lexer().lex(text)) {
		const innermost = open.at(-1)
		if (token === FLOW_END && innermost) return { ...innermost, what: "bracket" }
		if (MARKERS.includes(token)) continue
		const quote = /^["']/.exec(token)?.[0]
		if (quote !== undefined && (token.length === 1 || !token.endsWith(quote)))
			return { start: at, what: "quote", expected: quote }
		const expected = CLOSING[token]
		if (expected !== undefined) open.push({ start: at, expected })
		else if (token === open.at(-1)?.expected) open.pop()
		at += token.length
	}
	const innermost = open.at(-1)
	return innermost && { ...innermost, what: "bracket" }
}

const QUOTE = "put the whole value in quotes"

function wordsFor({ code, message }: YAMLError): Pick<Diagnostic, "message" | "expected" | "hint"> {
	switch (code) {
		case "TAB_AS_INDENT":
			return { message: "a tab is used to indent", hint: "YAML indents with spaces only" }
		case "DUPLICATE_KEY":
			return { message: "this key is in the same mapping twice", hint: "keep one of them" }
		case "MULTIPLE_DOCS":
			return { message: "the file holds more than one YAML document", hint: "remove the --- line" }
		case "BLOCK_AS_IMPLICIT_KEY":
			return { message: "a colon and a space are inside a value", hint: QUOTE }
		case "MULTILINE_IMPLICIT_KEY":
			return { message: "a key and its colon are not on one line", expected: "a field as name: value" }
		case "BAD_SCALAR_START":
			return { message: `a value cannot begin with ${message.at(-1)}`, hint: QUOTE }
	}
	if (message === "Unexpected scalar at node end")
		return { message: "text follows a value that is complete already", hint: QUOTE }
	return { message: message.replace(/\s+at line \d+[\s\S]*$/, "").replace(/\s+/g, " ") }
}
