import { pathsOf } from "../timing.ts"
import type { Lint } from "./lint.ts"

/** `cumulative-value`: a count since the beginning crosses every threshold some day and stays there. */
export const cumulative: Lint = ({ alert, written }, report) => {
	if (alert?.trigger.kind !== "condition") return
	for (const { path, use } of pathsOf(alert.trigger.condition)) {
		if (use !== "value" || path.spec.value.of.kind !== "series" || path.spec.value.of.type !== "counter") continue
		report(written.spanOf("condition"), {
			id: "cumulative-value",
			severity: "warning",
			message: `${path.text} counts from the beginning and never goes down, so ${alert.name} would not stop firing`,
			hint: `write increase(${path.text}, 1h)`,
		})
	}
}
