import { printable } from "../../lib/plain-text.ts"
import { pageOf } from "../diagnostic-ids.ts"
import type { Diagnostic } from "../diagnostics.ts"
import type { Source } from "../source.ts"

const COMMANDS = { error: "error", warning: "warning", info: "notice" } as const

/** A message for GitHub Actions. */
export interface Annotation {
	readonly severity: keyof typeof COMMANDS
	readonly properties: Readonly<Record<string, string | number>>
	readonly text: string
}

/**
 * A workflow command that GitHub Actions turns into an annotation on a file.
 * Format: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
 */
export function renderAnnotation({ severity, properties, text }: Annotation): string {
	const written = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(String(value))}`)
	return `::${COMMANDS[severity]} ${written.join(",")}::${escapeData(text)}`
}

/** Annotations on the file. */
export function renderGithub(source: Source, diagnostics: readonly Diagnostic[]): string {
	return diagnostics
		.map(({ id, severity, message, position: { line, column, length }, expected, hint }) => {
			const properties = { file: source.name, line, col: column, endColumn: column + length, title: id }
			const text = [message, expected && `expected: ${expected}`, hint && `hint: ${hint}`, `see: ${pageOf(id)}`]
				.filter(Boolean)
				.join("\n")
			return renderAnnotation({ severity, properties, text })
		})
		.join("\n")
}

const escapeData = (text: string) =>
	printable(text).replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A")
const escapeProperty = (text: string) => escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C")
