import type { Span } from "../source.ts"

/** A line at a place where YAML cannot take it, in words of indentation. */
export interface LineProblem {
	readonly span: Span
	readonly message: string
	readonly expected?: string
	readonly hint?: string
}

/** Where a mapping or a list begins its lines, and the last of them. */
interface Level {
	readonly column: number
	readonly kind: "key" | "item"
	readonly label: string
	readonly line: number
}

/** `key:`, in quotes or not, with what follows on the line. */
const KEY = /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s#"'[\]{},&*!|>%@`-][^:#]*?|-[^\s:][^:]*?)\s*:(?:\s+(.*)|$)/
const ITEM = /^-(?:\s+(.*)|$)/
/** `key:value`; not an address. */
const JOINED = /^([A-Za-z_]\w*):((?!\/\/)\S.*)$/
/** A value that continues in deeper lines: none yet, an anchor or a tag only, or the head of a block of text. */
const OPEN = /^(?:[&!]\S*\s*)*$/
const BLOCK = /^(?:[&!]\S*\s+)*[|>][-+0-9]*$/

/**
 * The first line of a text that is indented wrongly, lacks a colon or a space; undefined where none is found. For texts
 * that are not YAML: the parser's own complaint is often about a line before the mistake.
 */
export function badLine(text: string): LineProblem | undefined {
	const levels: Level[] = []
	let opened = true
	let block: { readonly key: string; readonly column: number; text?: number } | undefined
	let start = 0
	for (const [i, raw] of text.split("\n").entries()) {
		const at = start
		start += raw.length + 1
		const indent = /^ */.exec(raw)?.[0].length ?? 0
		const content = withoutComment(raw.slice(indent))
		if (content === "" || /^(?:---|\.\.\.)(?:\s|$)/.test(raw)) continue
		const problem = (message: string, more: { expected?: string; hint?: string } = {}): LineProblem => ({
			span: { start: at + indent, end: at + indent + content.length },
			message,
			...more,
		})
		if (block && indent > block.column) {
			block.text ??= indent
			if (indent >= block.text) continue
			return problem(`the text of ${block.key} is not indented as far as its first line`, {
				expected: spaces(block.text),
			})
		}
		const { column, kind, label, rest } = partsOf(content, indent)
		if (kind === "text") {
			const missing = /^(-)([A-Za-z_"'].*)$/.exec(content)
			if (missing) return problem("a space is missing after the dash", { expected: `- ${missing[2]}` })
			const joined = JOINED.exec(content)
			if (joined) return problem("a space is missing after the colon", { expected: `${joined[1]}: ${joined[2]}` })
			if (block)
				return problem(`the text of ${block.key} is not indented`, {
					expected: `more than ${spaces(block.column)}, the place of ${block.key}`,
				})
			const level = levels.findLast((one) => one.column === column && one.kind === "key")
			if (level && !opened) return problem("this line has no colon", { expected: "a field as name: value" })
			opened = false
			continue
		}
		block = undefined
		if (/^-[A-Za-z_]/.test(content))
			return problem("a space is missing after the dash", { expected: `- ${content.slice(1)}` })
		const before = levels.at(-1)
		while ((levels.at(-1)?.column ?? -1) > indent) levels.pop()
		// A list may begin at the column of its own key.
		if (kind === "key" && levels.at(-1)?.kind === "item" && levels.at(-2)?.column === indent) levels.pop()
		const top = levels.at(-1)
		const ownList = kind === "item" && top?.kind === "key" && opened && before === top
		const fits = !top ? !before : top.column === indent ? top.kind === kind || ownList : opened && before === top
		if (!fits && before) {
			const known = [...levels, ...(before === top ? [] : [before]), ...passed(text, i, kind)]
			const right = nearest(known, indent, kind)
			return problem(`${label} is indented by ${spaces(indent)}, which fits none of the lines above`, {
				...(right === undefined
					? { expected: `${spaces(before.column)} or more, below ${before.label} on line ${before.line}` }
					: { expected: `${spaces(right.column)}, as ${right.label} on line ${right.line}` }),
			})
		}
		if (top?.column === indent && top.kind === kind) levels.pop()
		levels.push({ column: indent, kind, label, line: i + 1 })
		let value = rest
		if (kind === "item") {
			const inner = partsOf(rest, column)
			const joined = inner.kind === "text" ? JOINED.exec(rest) : undefined
			if (joined) return problem("a space is missing after the colon", { expected: `- ${joined[1]}: ${joined[2]}` })
			if (inner.kind === "key") {
				levels.push({ column, kind: "key", label: inner.label, line: i + 1 })
				value = inner.rest
			}
		}
		opened = OPEN.test(value)
		if (BLOCK.test(value)) block = { key: levels.at(-1)?.label ?? label, column: levels.at(-1)?.column ?? indent }
		if (/^["'[{]/.test(value) && !isClosed(value)) return undefined
	}
	return undefined
}

function partsOf(content: string, indent: number) {
	const item = ITEM.exec(content)
	if (item) {
		const rest = item[1] ?? ""
		return { kind: "item", label: "the -", rest, column: indent + content.length - rest.length } as const
	}
	const key = KEY.exec(content)
	if (key) return { kind: "key", label: key[1] ?? "", rest: key[2] ?? "", column: indent } as const
	return { kind: "text", label: content, rest: "", column: indent } as const
}

/** The levels of the lines above that have ended: a line that fits nothing may have been meant for one of them. */
function passed(text: string, until: number, kind: Level["kind"]): Level[] {
	const found = new Map<number, Level>()
	for (const [i, raw] of text.split("\n").slice(0, until).entries()) {
		const indent = /^ */.exec(raw)?.[0].length ?? 0
		const outer = partsOf(withoutComment(raw.slice(indent)), indent)
		const inner = outer.kind === "item" ? partsOf(outer.rest, outer.column) : undefined
		for (const part of [outer, ...(inner ? [inner] : [])])
			if (part.kind === kind) {
				const column = part === inner ? outer.column : indent
				found.set(column, { column, kind, label: part.label, line: i + 1 })
			}
	}
	return [...found.values()]
}

/** The level of a kind whose column is nearest; of two the deeper one, which is where most fields are. */
const nearest = (levels: readonly Level[], column: number, kind: Level["kind"]): Level | undefined =>
	levels
		.filter((level) => level.kind === kind)
		.sort((a, b) => Math.abs(a.column - column) - Math.abs(b.column - column) || b.column - a.column)[0]

const spaces = (count: number) => (count === 1 ? "1 space" : `${count} spaces`)

const withoutComment = (line: string): string => line.replace(/(?:^|\s)#.*$/, "").trimEnd()

/** Whether quotes or brackets that open a value are closed on the line; other lines are not searched. */
function isClosed(value: string): boolean {
	const first = value[0]
	if (first === '"' || first === "'") return value.length > 1 && value.endsWith(first)
	const count = (characters: string) => [...value].filter((character) => characters.includes(character)).length
	return count("[{") === count("]}")
}
