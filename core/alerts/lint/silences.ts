import { didYouMean } from "../nearest.ts"
import type { Lint } from "./lint.ts"

/** `unknown-alert`: a symptom that is named but does not exist would go on being notified. */
export const silences: Lint = ({ alert, written, file }, tell) => {
	if (alert.silences.length + alert.symptomOf.length === 0) return
	const names = new Set(file.alerts.map(({ name }) => name))
	for (const [field, list] of [
		["silences", alert.silences],
		["symptom_of", alert.symptomOf],
	] as const) {
		for (const [i, name] of list.entries()) {
			if (names.has(name) && name !== alert.name) continue
			const hint = name === alert.name ? undefined : didYouMean(name, names)
			tell(written.spanOf(field, i), {
				id: "unknown-alert",
				severity: "error",
				message: name === alert.name ? `${name} would silence itself` : `there is no alert ${name}`,
				...(hint === undefined ? {} : { hint }),
			})
		}
	}
}
