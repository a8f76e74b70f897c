export const SEVERITIES = ["critical", "warning", "info", "other"] as const
export type Severity = (typeof SEVERITIES)[number]

/** The severity that a `severity` label means; anything unknown or missing is `other`. */
export function severityOf(label: string | undefined): Severity {
	const wanted = label?.toLowerCase()
	return SEVERITIES.find((severity) => severity === wanted) ?? "other"
}

/** An alert of severity info makes people aware; there is nothing to take. */
export const needsSomebody = ({ severity }: { readonly severity: string }): boolean => severityOf(severity) !== "info"
