import { printable } from "../../lib/plain-text.ts"
import { pageOf } from "../diagnostic-ids.ts"
import type { Diagnostic } from "../diagnostics.ts"
import type { Source } from "../source.ts"

const MAX_LINE = 160

/** For a person at a terminal: place and message, their own line with a caret under it, what was expected, what to do. */
export function renderText(source: Source, diagnostics: readonly Diagnostic[]): string {
	return diagnostics.map((diagnostic) => one(source, diagnostic)).join("\n\n")
}

function one(source: Source, { id, severity, message, position, expected, hint }: Diagnostic): string {
	const { line, column, length } = position
	const gutter = String(line)
	const blank = " ".repeat(gutter.length)
	const from = Math.max(0, column - 1 - MAX_LINE / 2)
	const text = source.line(line).slice(from, from + MAX_LINE)
	const under = text.slice(0, column - 1 - from).replace(/[^\t]/g, " ")
	const carets = "^".repeat(Math.max(1, Math.min(length, text.length - (column - 1 - from))))
	const lines = [
		`${source.name}:${line}:${column}: ${severity}: ${message} [${id}]`,
		`${gutter} | ${text}`,
		`${blank} | ${under}${carets}`,
	]
	if (expected !== undefined) lines.push(`${blank} = expected: ${expected}`)
	if (hint !== undefined) lines.push(`${blank} = hint: ${hint}`)
	lines.push(`${blank} = see: ${pageOf(id)}`)
	return lines.map(printable).join("\n")
}

/** `2 errors, 1 warning`. */
export function tally(diagnostics: readonly Diagnostic[]): string {
	const parts = (["error", "warning", "info"] as const).flatMap((severity) => {
		const count = diagnostics.filter((diagnostic) => diagnostic.severity === severity).length
		return count === 0 ? [] : [`${count} ${severity === "info" ? "note" : severity}${count === 1 ? "" : "s"}`]
	})
	return parts.join(", ") || "no problems"
}
