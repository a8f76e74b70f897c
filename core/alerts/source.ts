import type { Diagnostic, Position } from "./diagnostics.ts"

/** A file's text with its name, able to say where an offset is. */
export interface Source {
	readonly name: string
	readonly text: string
	/** Line and column of a range; its length is cut at the end of the first line. */
	position(span: Span): Position
	/** Text of a line, counted from 1, without its line break. */
	line(number: number): string
}

/** Offsets into a source's text, `end` exclusive. */
export interface Span {
	readonly start: number
	readonly end: number
}

/** Receives what is wrong at a place in the source. */
export type Report = (span: Span, diagnostic: Omit<Diagnostic, "position">) => void

/** Collects diagnostics with their positions. A value that aliases repeat is reported once. */
export function collect(source: Source): { readonly report: Report; readonly diagnostics: Diagnostic[] } {
	const diagnostics: Diagnostic[] = []
	const seen = new Set<string>()
	const report: Report = (span, diagnostic) => {
		const key = JSON.stringify([span.start, span.end, diagnostic.id, diagnostic.message])
		if (seen.has(key)) return
		seen.add(key)
		diagnostics.push({ ...diagnostic, position: source.position(span) })
	}
	return { report, diagnostics }
}

export function createSource(name: string, text: string): Source {
	const starts = [0]
	for (let i = text.indexOf("\n"); i >= 0; i = text.indexOf("\n", i + 1)) starts.push(i + 1)
	const line = (number: number) => {
		const start = starts[number - 1]
		if (start === undefined) return ""
		return text.slice(start, (starts[number] ?? text.length + 1) - 1).replace(/\r$/, "")
	}
	return {
		name,
		text,
		line,
		position({ start, end }) {
			const at = Math.min(start, text.length)
			const number = countUpTo(starts, at)
			const column = at - (starts[number - 1] ?? 0) + 1
			const room = Math.max(1, line(number).length - column + 1)
			return { line: number, column, length: Math.max(1, Math.min(end - start, room)) }
		},
	}
}

/** How many of the ascending numbers are not above the limit. */
function countUpTo(ascending: readonly number[], limit: number): number {
	let low = 0
	let high = ascending.length
	while (low < high) {
		const middle = (low + high) >> 1
		if ((ascending[middle] ?? 0) <= limit) low = middle + 1
		else high = middle
	}
	return low
}
