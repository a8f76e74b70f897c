import { didYouMean } from "../../lib/nearest.ts"
import { misspelt, placeholderLabels, placeholders } from "../placeholder.ts"
import type { Lint } from "./lint.ts"

const braced = (names: readonly string[]) => names.map((name) => `{${name}}`).join(", ")

/** `unknown-placeholder`: a name in braces that would be empty in the notification. */
export const unknownPlaceholders: Lint = ({ alert, written }, report) => {
	const known = alert && placeholderLabels(alert)
	if (!known) return
	for (const field of ["summary", "description"] as const) {
		for (const name of placeholders(written.entry[field] ?? "")) {
			if (known.includes(name)) continue
			const hint = didYouMean(
				`{${name}}`,
				known.map((label) => `{${label}}`),
			)
			report(written.spanOf(field), {
				id: "unknown-placeholder",
				severity: "error",
				message: `${written.label} has no label or value {${name}} to put into its ${field}`,
				expected: braced(known),
				...(hint === undefined ? {} : { hint }),
			})
		}
	}
}

/** `misspelt-placeholder`, `template-action`: what a notification would show as it is. */
export const misspeltPlaceholders: Lint = ({ alert, written }, report) => {
	const known = (alert && placeholderLabels(alert)) ?? []
	for (const field of ["summary", "description"] as const) {
		const value = written.entry[field]
		if (value === undefined) continue
		for (const { text, span, name } of misspelt(value, known)) {
			const place = written.spanInside(field, value, span)
			const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text
			if (name === undefined)
				report(place, {
					id: "template-action",
					severity: "error",
					message: `${shown} is a template, and no template is run in a ${field}`,
					...(known.length === 0 ? {} : { expected: braced(known) }),
					hint: "write the label's name or value in single braces",
				})
			else
				report(place, {
					id: "misspelt-placeholder",
					severity: "error",
					message: `${shown} is not filled in: a placeholder is a name in single braces`,
					expected: known.length === 0 || known.includes(name) ? `{${name}}` : braced(known),
				})
		}
	}
}
