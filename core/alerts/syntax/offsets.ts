import type { Span } from "../source.ts"

/**
 * Places inside a YAML string as places in the file. Quotes, escapes, folding and indentation make the two differ,
 * so both texts are walked together; white space matches any run of white space.
 */
export function mapOffsets(sourceText: string, span: Span, value: string): (inside: Span) => Span {
	const offsets: number[] = []
	let at = span.start
	const escapes = sourceText[span.start] === '"'
	for (const character of value.split("")) {
		if (/\s/.test(character)) {
			offsets.push(at)
			if (escapes && sourceText[at] === "\\") at += 2
			else if (/\s/.test(sourceText[at] ?? "")) at++
			continue
		}
		if (escapes && sourceText[at] === "\\") at++
		const found = sourceText.indexOf(character, at)
		if (found >= 0 && found < span.end) at = found
		offsets.push(Math.min(at, span.end))
		if (found >= 0 && found < span.end) at++
	}
	offsets.push(Math.min(at, span.end))
	return ({ start, end }) => {
		const from = offsets[start] ?? span.start
		const last = offsets[Math.max(start, end - 1)] ?? from
		return { start: from, end: Math.max(from + 1, end > start ? last + 1 : from + 1) }
	}
}
