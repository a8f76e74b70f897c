import { isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments, type Scalar, type YAMLMap } from "yaml"
import type { Span } from "../../core/alerts/source.ts"
import { mapOffsets } from "../../core/alerts/syntax/offsets.ts"

/** A text of a rules file that knows its place. */
export interface Placed {
	readonly text: string
	/** A part of the text as a place in the file. */
	at(part?: Span): Span
}

/** A rule as written. */
export interface Rule {
	readonly kind: "alert" | "record"
	readonly name: string
	readonly expression: Placed
	/** As written, such as `5m`. */
	readonly for: string | undefined
	readonly labels: ReadonlyMap<string, Placed>
	readonly annotations: ReadonlyMap<string, Placed>
	readonly group: string
	/** The group's own interval, as written. */
	readonly interval: string | undefined
}

export interface RulesFile {
	readonly rules: readonly Rule[]
	readonly problems: readonly { readonly span: Span; readonly message: string }[]
	positionOf(offset: number): { readonly line: number; readonly column: number }
}

/**
 * Reads a rules file of Prometheus, or a `PrometheusRule` of its operator, of which the groups are under `spec`. What
 * cannot be read is reported, and the rest is read.
 */
export function readRulesFile(text: string): RulesFile {
	const lines = new LineCounter()
	const problems: { span: Span; message: string }[] = []
	const rules: Rule[] = []
	for (const document of parseAllDocuments(text, { lineCounter: lines, prettyErrors: false })) {
		const [error] = document.errors
		if (error !== undefined) {
			problems.push({ span: { start: error.pos[0], end: error.pos[1] }, message: `this is not YAML: ${error.message}` })
			continue
		}
		const root: unknown = document.contents
		if (root === null) continue
		const spec = isMap(root) ? root.get("spec") : undefined
		const groups = isMap(spec) ? spec.get("groups") : isMap(root) ? root.get("groups") : undefined
		if (isSeq(groups)) for (const group of groups.items) readGroup(group, text, rules, problems)
		// Generators write {} or an empty list for a file without rules.
		else if (!hasNothing(root) && groups !== null)
			problems.push({
				span: { start: 0, end: 1 },
				message: "this is no rules file of Prometheus: it has no list under groups, nor under spec.groups",
			})
	}
	return {
		rules,
		problems,
		positionOf(offset) {
			const { line, col } = lines.linePos(offset)
			return { line, column: col }
		},
	}
}

const hasNothing = (root: unknown): boolean =>
	(isMap(root) && root.items.length === 0) || (isScalar(root) && root.value === null)

type Problems = { span: Span; message: string }[]

function readGroup(group: unknown, text: string, rules: Rule[], problems: Problems): void {
	if (!isMap(group)) return
	const list = group.get("rules")
	if (!isSeq(list)) return
	for (const item of list.items) {
		if (!isMap(item)) continue
		const alert = placed(item, "alert", text)
		const name = alert ?? placed(item, "record", text)
		const expression = placed(item, "expr", text)
		if (name === undefined || expression === undefined) {
			const [start, end] = item.range ?? [0, 1]
			problems.push({ span: { start, end }, message: `this rule has no ${name ? "expr" : "alert and no record"}` })
			continue
		}
		rules.push({
			kind: alert ? "alert" : "record",
			name: name.text,
			expression,
			for: placed(item, "for", text)?.text,
			labels: textsIn(item.get("labels"), text),
			annotations: textsIn(item.get("annotations"), text),
			group: placed(group, "name", text)?.text ?? "",
			interval: placed(group, "interval", text)?.text,
		})
	}
}

function textsIn(map: unknown, text: string): ReadonlyMap<string, Placed> {
	const found = new Map<string, Placed>()
	if (!isMap(map)) return found
	for (const { key } of map.items) {
		const name = String(isScalar(key) ? key.value : key)
		const value = placed(map, name, text)
		if (value) found.set(name, value)
	}
	return found
}

function placed(map: YAMLMap, key: string, text: string): Placed | undefined {
	const node = map.get(key, true) as Node | undefined
	if (!isScalar(node) || node.value === null) return undefined
	const scalar = node as Scalar
	const value = String(scalar.value)
	const [start, end] = scalar.range ?? [0, 1]
	const span = { start, end: Math.max(end, start + 1) }
	return { text: value, at: (part) => (part === undefined ? span : mapOffsets(text, span, value)(part)) }
}
