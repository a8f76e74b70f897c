import { didYouMean } from "../../lib/nearest.ts"
import type { Lint } from "./lint.ts"

/** `unknown-alert`: a symptom that is named but does not exist would still be notified. */
export const silences: Lint = ({ written, names }, report) => {
	for (const field of ["silences", "symptom_of"] as const) {
		for (const [i, name] of (written.entry[field] ?? []).entries()) {
			const itself = name === written.entry.name
			if (names.has(name) && !itself) continue
			const hint = itself ? undefined : didYouMean(name, names)
			report(written.spanOf(field, i), {
				id: "unknown-alert",
				severity: "error",
				message: itself ? `${name} would silence itself` : `there is no alert ${name}`,
				...(hint === undefined ? {} : { hint }),
			})
		}
	}
}
