import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, parseDocument } from "yaml"
import { messageOf } from "../../lib/errors.ts"
import type { Report, Source, Span } from "../source.ts"

/** A YAML value that knows where it stands. */
export type Tree =
	| { readonly kind: "map"; readonly span: Span; readonly entries: readonly Entry[] }
	| { readonly kind: "seq"; readonly span: Span; readonly items: readonly Tree[] }
	| { readonly kind: "scalar"; readonly span: Span; readonly value: unknown }
	/** What cannot be read, which has been reported. */
	| { readonly kind: "unreadable"; readonly span: Span }

interface Entry {
	readonly key: string
	readonly keySpan: Span
	readonly value: Tree
}

/** More than anybody writes by hand; a 10,000-alert file has about 3 MB. */
const MAX_CHARACTERS = 8_000_000
const MAX_DEPTH = 20

/**
 * YAML 1.2 text as a tree, every problem reported. Undefined when the text has no structure to go by; what is wrong in
 * one place only is `unreadable` there, so that the rest is checked as well.
 */
export function parseTree(source: Source, report: Report): Tree | undefined {
	if (source.text.length > MAX_CHARACTERS) {
		report(
			{ start: 0, end: 1 },
			{
				id: "file-too-large",
				severity: "error",
				message: `the file has ${source.text.length} characters; at most ${MAX_CHARACTERS} are read`,
			},
		)
		return undefined
	}
	const root = compose(source, report)
	if (root === "broken") return undefined
	if (root === null) {
		report(
			{ start: 0, end: 1 },
			{
				id: "empty-file",
				severity: "error",
				message: "the file has no alerts",
				expected: "a mapping with the key alerts",
			},
		)
	}
	return root ? convert(root, report, 0) : undefined
}

/** Problems after which the rest of the file still means what it says. */
const LOCAL: ReadonlySet<string> = new Set(["DUPLICATE_KEY", "MULTIPLE_DOCS", "BAD_ALIAS"])

function compose(source: Source, fail: Report): Node | "broken" | null {
	const deep = deepestFlow(source.text)
	if (deep !== undefined) {
		fail(
			{ start: deep, end: deep + 1 },
			{ id: "yaml-syntax", severity: "error", message: `brackets are nested more than ${MAX_DEPTH} deep` },
		)
		return "broken"
	}
	try {
		const document = parseDocument(source.text, { prettyErrors: false })
		const problems = [...document.errors, ...document.warnings]
		for (const problem of problems) {
			const [start, end] = problem.pos
			fail(
				{ start, end: Math.max(end, start + 1) },
				{ id: "yaml-syntax", severity: "error", ...sayYaml(problem.code, problem.message) },
			)
		}
		return problems.every(({ code }) => LOCAL.has(code)) ? (document.contents as Node | null) : "broken"
	} catch (error) {
		fail(
			{ start: 0, end: 1 },
			{ id: "yaml-syntax", severity: "error", message: `this is not YAML that can be read: ${messageOf(error)}` },
		)
		return "broken"
	}
}

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

function sayYaml(code: string, message: string): { message: string; hint?: string } {
	if (code === "TAB_AS_INDENT") return { message: "a tab is used to indent", hint: "YAML indents with spaces only" }
	if (code === "DUPLICATE_KEY")
		return { message: "this key stands twice in the same mapping", hint: "keep one of them" }
	if (code === "MULTIPLE_DOCS")
		return { message: "the file holds more than one YAML document", hint: "remove the --- line" }
	return { message: message.replace(/\s+at line \d+[\s\S]*$/, "").replace(/\s+/g, " ") }
}

function convert(node: Node, fail: Report, depth: number): Tree {
	const span = spanOf(node)
	const unreadable = { kind: "unreadable", span } as const
	if (depth > MAX_DEPTH) {
		fail(span, { id: "yaml-syntax", severity: "error", message: `values are nested more than ${MAX_DEPTH} deep` })
		return unreadable
	}
	if (isAlias(node) || ("anchor" in node && node.anchor)) {
		fail(span, {
			id: "yaml-alias",
			severity: "error",
			message: "anchors and aliases are not read here",
			hint: "write the value out",
		})
		if (isAlias(node)) return unreadable
	}
	if (isScalar(node)) return { kind: "scalar", span, value: node.value }
	if (isSeq(node))
		return { kind: "seq", span, items: (node.items as Node[]).map((item) => convert(item, fail, depth + 1)) }
	if (isMap(node))
		return {
			kind: "map",
			span,
			entries: node.items.flatMap((pair) => entry(pair as Pair<Node, Node | null>, fail, depth)),
		}
	return unreadable
}

function entry(pair: Pair<Node, Node | null>, fail: Report, depth: number): Entry[] {
	const keySpan = spanOf(pair.key)
	if (!isScalar(pair.key)) {
		fail(keySpan, { id: "yaml-syntax", severity: "error", message: "a key has to be a plain name" })
		return []
	}
	const value = pair.value
		? convert(pair.value, fail, depth + 1)
		: ({ kind: "scalar", span: keySpan, value: null } as const)
	return [{ key: String(pair.key.value), keySpan, value }]
}

const spanOf = (node: Node): Span => {
	const [start, end] = node.range ?? [0, 1, 1]
	return { start, end: Math.max(end, start + 1) }
}

/** The plain value: objects, arrays, scalars. */
export function plain(tree: Tree): unknown {
	if (tree.kind === "scalar") return tree.value
	if (tree.kind === "seq") return tree.items.map(plain)
	if (tree.kind === "unreadable") return undefined
	const values = new Map<string, unknown>()
	// Of a key that is there twice the first counts, as for the places of values.
	for (const { key, value } of tree.entries) if (!values.has(key)) values.set(key, plain(value))
	return Object.fromEntries(values)
}

/** Where the value at a path stands; the nearest existing ancestor when it is missing. */
export function spanAt(tree: Tree, path: readonly PropertyKey[]): Span {
	let at = tree
	let span = tree.span
	for (const step of path) {
		const next = child(at, step)
		if (!next) return at.kind === "map" && at.entries[0] ? at.entries[0].keySpan : span
		at = next
		span = next.span
	}
	return span
}

/** Where the key at the end of a path stands. */
export function keySpanAt(tree: Tree, path: readonly PropertyKey[], key: string): Span {
	let at: Tree | undefined = tree
	for (const step of path) at = at && child(at, step)
	const found = at?.kind === "map" ? at.entries.find((entry) => entry.key === key) : undefined
	return found?.keySpan ?? spanAt(tree, path)
}

export function child(tree: Tree, step: PropertyKey): Tree | undefined {
	if (tree.kind === "seq") return tree.items[Number(step)]
	if (tree.kind === "map") return tree.entries.find(({ key }) => key === step)?.value
	return undefined
}

/** Whether something at a path, or above it, cannot be read; what is missing there has been reported as that. */
export function isUnreadable(tree: Tree, path: readonly PropertyKey[]): boolean {
	let at: Tree | undefined = tree
	for (const step of path) {
		if (!at || at.kind === "unreadable") break
		at = child(at, step)
	}
	return at?.kind === "unreadable"
}
