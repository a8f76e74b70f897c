type Labels = Readonly<Record<string, string>>

/** An alerting rule, as far as it decides about its alerts. */
export interface CompiledAlert {
	readonly name: string
	readonly labels: Labels
}

/** The labels by which an alert chooses how it is handled at intake; the remediation is checked when it is proposed. */
const CHOICES = ["escalation", "heartbeat"] as const
export type Choice = (typeof CHOICES)[number]

/** The choices that an alert makes. */
export const choicesOf = (labels: Labels): readonly Choice[] => CHOICES.filter((name) => labels[name] !== undefined)

/** The choices that no compiled alert of the same name makes: a notification alone proves nothing. */
export function unfoundedChoices(
	{ alertname, labels }: { readonly alertname: string; readonly labels: Labels },
	compiled: readonly CompiledAlert[],
): readonly Choice[] {
	return choicesOf(labels).filter(
		(choice) => !compiled.some((rule) => rule.name === alertname && rule.labels[choice] === labels[choice]),
	)
}

/** The labels without some of the choices. */
export const withoutChoices = (labels: Labels, choices: readonly Choice[]): Record<string, string> =>
	Object.fromEntries(Object.entries(labels).filter(([name]) => !choices.some((choice) => choice === name)))
