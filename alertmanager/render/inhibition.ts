import type { Alert } from "../../core/alerts/model.ts"

export interface InhibitRule {
	readonly source_matchers: readonly string[]
	readonly target_matchers: readonly string[]
	readonly equal: readonly string[]
}

/** Labels by which two alerts are about the same thing; one that neither carries is equal as well. */
const SAME_THING = ["component", "server"]

/** What is held back while something worse is known: the same at a lower severity, symptoms, and what the file says. */
export function renderInhibition(alerts: readonly Alert[]): InhibitRule[] {
	return [
		{
			source_matchers: ['severity="critical"'],
			target_matchers: ['severity=~"warning|info"'],
			equal: ["alertname", ...SAME_THING],
		},
		{
			source_matchers: ['severity="warning"'],
			target_matchers: ['severity="info"'],
			equal: ["alertname", ...SAME_THING],
		},
		{ source_matchers: ['role="cause"'], target_matchers: ['role!="cause"', 'component!=""'], equal: ["component"] },
		...alerts.flatMap(({ name, severity, silences, trigger }) => {
			if (silences.length === 0) return []
			const dimension = trigger.kind === "condition" ? trigger.condition.dimension : undefined
			return [
				{
					source_matchers: [`alertname="${name}"`, `severity="${severity}"`],
					target_matchers: [`alertname=~"${silences.join("|")}"`],
					equal: dimension === undefined ? [] : [dimension],
				},
			]
		}),
	]
}
