import { placeholderLabels, placeholders } from "../placeholder.ts"
import type { Lint } from "./lint.ts"

/** `unknown-placeholder`: a name in braces that would be empty in the notification. */
export const unknownPlaceholders: Lint = ({ alert, written }, report) => {
	const known = alert && placeholderLabels(alert)
	if (!known) return
	for (const field of ["summary", "description"] as const) {
		for (const name of placeholders(written.entry[field] ?? "")) {
			if (known.includes(name)) continue
			report(written.spanOf(field), {
				id: "unknown-placeholder",
				severity: "error",
				message: `${written.label} has no label or value {${name}} to put into its ${field}`,
				expected: known.map((label) => `{${label}}`).join(", "),
			})
		}
	}
}
