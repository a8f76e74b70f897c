import type { Span } from "../source.ts"

/**
 * The parts of a condition between its outermost `&&` and `||`: where one cannot be read, the others still can. Parts
 * with nothing in them are left out, and so is what follows a bracket too many.
 */
export function clauses(text: string): Span[] {
	const found: Span[] = []
	let start = 0
	let depth = 0
	let quote: string | undefined
	for (let at = 0; at < text.length && depth >= 0; at++) {
		const c = text[at] ?? ""
		if (quote !== undefined) quote = c === quote ? undefined : quote
		else if (c === "'" || c === '"') quote = c
		else if (c === "(") depth++
		else if (c === ")") depth--
		else if (depth === 0 && (c === "&" || c === "|") && text[at + 1] === c) {
			found.push({ start, end: at })
			start = at + 2
			at++
		}
	}
	found.push({ start, end: text.length })
	return found.filter((clause) => text.slice(clause.start, clause.end).trim() !== "")
}
