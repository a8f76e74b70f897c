import { unsafeCharacter } from "../../lib/plain-text.ts"
import type { AlertEntry } from "../schema.ts"
import type { Lint } from "./lint.ts"

/** `unsafe-character`: a field that reads otherwise than it is, in the file and in the notification. */
export const characters: Lint = ({ written }, report) => {
	for (const [field, value] of Object.entries(written.entry) as [keyof AlertEntry, unknown][]) {
		const found = typeof value === "string" ? unsafeCharacter(value) : undefined
		if (found === undefined) continue
		report(written.spanOf(field), {
			id: "unsafe-character",
			severity: "error",
			message: `the ${field} of ${written.label} contains the invisible character ${found}`,
			expected: "text without control characters and without characters that change the direction of writing",
		})
	}
}
