import type { Alert } from "../../core/alerts/model.ts"

export interface InhibitRule {
	readonly source_matchers: readonly string[]
	readonly target_matchers: readonly string[]
	readonly equal: readonly string[]
}

/** Labels by which two alerts are about the same thing; one that neither carries is equal as well. */
const SAME_THING = ["component", "server"]

/**
 * What is suppressed while something worse is known: the same at a lower severity, symptoms, and what the file says.
 * Inhibition holds for every receiver, alert-webhook included, so a symptom with a remediation is not suppressed: its
 * remediation would not happen.
 */
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
		{
			source_matchers: ['role="cause"'],
			target_matchers: ['role!="cause"', 'component!=""', 'remediation=""'],
			equal: ["component"],
		},
		...alerts.flatMap((alert) =>
			alert.silences.length === 0
				? []
				: [inhibit(alert, [nameIs(alert.name), `severity="${alert.severity}"`], [oneOf(alert.silences)])],
		),
		...alerts.flatMap((alert) =>
			alert.symptomOf.length === 0 ? [] : [inhibit(undefined, [oneOf(alert.symptomOf)], [nameIs(alert.name)])],
		),
	]
}

const nameIs = (name: string) => `alertname="${name}"`
const oneOf = (names: readonly string[]) =>
	names.length === 1 ? nameIs(names[0] ?? "") : `alertname=~"${names.join("|")}"`

function inhibit(source: Alert | undefined, source_matchers: string[], target_matchers: string[]): InhibitRule {
	const dimension = source?.trigger.kind === "condition" ? source.trigger.condition.dimension : undefined
	return { source_matchers, target_matchers, equal: dimension === undefined ? [] : [dimension] }
}
