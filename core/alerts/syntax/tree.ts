import { type Alias, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap } from "yaml"
import { didYouMean } from "../../lib/nearest.ts"
import type { Report, Source, Span } from "../source.ts"
import { compose, MAX_DEPTH } from "./compose.ts"

/** A YAML value that knows its place. */
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

/** More than people write by hand; a 10,000-alert file has about 3 MB. */
const MAX_CHARACTERS = 8_000_000

/**
 * YAML 1.2 text as a tree, aliases and merge keys replaced by their values, every problem reported. Undefined
 * when the text has no structure to go by; what is wrong in one place only is `unreadable` there, so that the rest is
 * checked as well. Keys of the file that begin with `x-` only hold anchors and are left out.
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
	const document = compose(source.text, report)
	if (!document) return undefined
	const root = document.contents as Node | null
	if (!root)
		report(
			{ start: 0, end: 1 },
			{
				id: "empty-file",
				severity: "error",
				message: "the file has no alerts",
				expected: "a mapping with the key alerts",
			},
		)
	if (!root) return undefined
	const tree = convert(root, { report, anchors: new Map(), targets: new Map(), within: 0, aliased: 0 }, 0)
	return tree.kind === "map" ? { ...tree, entries: tree.entries.filter(({ key }) => !key.startsWith("x-")) } : tree
}

/** Values that aliases may add to those that are written; a file of 10,000 alerts with shared channels has fewer. */
const MAX_ALIASED = 100_000

/** What the conversion of one document carries along. */
interface Conversion {
	readonly report: Report
	/** The newest node of each anchor so far. */
	readonly anchors: Map<string, Node>
	/** The node that an alias referred to where it was first met; a later anchor may have the same name. */
	readonly targets: Map<Node, Node>
	/** How many aliases the conversion is inside of. */
	within: number
	/** How many values aliases have added. */
	aliased: number
}

function convert(node: Node, to: Conversion, depth: number): Tree {
	const span = spanOf(node)
	const unreadable = { kind: "unreadable", span } as const
	if (depth > MAX_DEPTH) {
		to.report(span, { id: "yaml-syntax", severity: "error", message: `values are nested more than ${MAX_DEPTH} deep` })
		return unreadable
	}
	if (to.within > 0 && ++to.aliased > MAX_ALIASED) {
		if (to.aliased === MAX_ALIASED + 1) failAlias(to, span, `aliases expand to more than ${MAX_ALIASED} values`)
		return unreadable
	}
	if (isAlias(node)) return expand(node, to, depth) ?? unreadable
	if ("anchor" in node && node.anchor && to.within === 0) to.anchors.set(node.anchor, node)
	if (isScalar(node)) return { kind: "scalar", span, value: node.value }
	if (isSeq(node))
		return { kind: "seq", span, items: (node.items as Node[]).map((item) => convert(item, to, depth + 1)) }
	return isMap(node) ? { kind: "map", span, entries: entriesOf(node, to, depth) } : unreadable
}

const failAlias = ({ report }: Conversion, span: Span, message: string, hint = "write the value out") =>
	report(span, { id: "yaml-alias", severity: "error", message, hint })

/** The value of an alias, with the place of its anchor. */
function expand(alias: Alias, to: Conversion, depth: number): Tree | undefined {
	const target = to.targets.get(alias) ?? to.anchors.get(alias.source)
	if (!target)
		return void failAlias(
			to,
			spanOf(alias),
			`no anchor &${alias.source} comes before this alias`,
			didYouMean(alias.source, to.anchors.keys()),
		)
	to.targets.set(alias, target)
	const [start, , end] = target.range ?? [0, 0, 0]
	const [at] = alias.range ?? [0]
	if (at > start && at < end)
		return void failAlias(to, spanOf(alias), `*${alias.source} is inside the value that it names`)
	to.within++
	const tree = convert(target, to, depth)
	to.within--
	return tree
}

/** The entries of a mapping, behind them those of the mappings that `<<` merges into it. */
function entriesOf(map: YAMLMap, to: Conversion, depth: number): Entry[] {
	const own: Entry[] = []
	const merged: Entry[] = []
	for (const { key, value } of map.items as Pair<Node, Node | null>[]) {
		const keySpan = spanOf(key)
		if (!isScalar(key)) {
			to.report(keySpan, { id: "yaml-syntax", severity: "error", message: "a key has to be a plain name" })
			continue
		}
		const tree = value ? convert(value, to, depth + 1) : ({ kind: "scalar", span: keySpan, value: null } as const)
		if (key.value !== "<<" || key.type !== "PLAIN") own.push({ key: String(key.value), keySpan, value: tree })
		else
			for (const part of tree.kind === "seq" ? tree.items : [tree]) {
				if (part.kind === "map") merged.push(...part.entries)
				else if (part.kind !== "unreadable")
					failAlias(
						to,
						spanOf(value ?? key),
						"<< merges mappings, and this is none",
						"write << with an alias of a mapping",
					)
			}
	}
	const seen = new Set(own.map(({ key }) => key))
	const added = merged.filter(({ key }) => !seen.has(key) && seen.add(key))
	return [...own, ...added]
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

/** Where the value at a path is; the nearest existing ancestor when it is missing. */
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

/** Where the key at the end of a path is. */
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
