import { printable } from "../../lib/plain-text.ts"
import { pageOf } from "../diagnostic-ids.ts"
import type { Diagnostic } from "../diagnostics.ts"
import type { Source } from "../source.ts"

const COMMANDS = { error: "error", warning: "warning", info: "notice" } as const

/**
 * Workflow commands that GitHub Actions turns into annotations on the file.
 * Format: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
 */
export function renderGithub(source: Source, diagnostics: readonly Diagnostic[]): string {
	return diagnostics
		.map(({ id, severity, message, position: { line, column, length }, expected, hint }) => {
			const place = { file: source.name, line, col: column, endColumn: column + length, title: id }
			const properties = Object.entries(place).map(([key, value]) => `${key}=${escapeProperty(String(value))}`)
			const text = [message, expected && `expected: ${expected}`, hint && `hint: ${hint}`, `see: ${pageOf(id)}`]
				.filter(Boolean)
				.join("\n")
			return `::${COMMANDS[severity]} ${properties.join(",")}::${escapeData(text)}`
		})
		.join("\n")
}

const escapeData = (text: string) =>
	printable(text).replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A")
const escapeProperty = (text: string) => escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C")
