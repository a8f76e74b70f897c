export const SEVERITIES = ["critical", "warning", "info", "other"] as const
export type Severity = (typeof SEVERITIES)[number]

/** The severity that a `severity` label means; an unknown or missing one is `other`. */
export function severityOf(label: string | undefined): Severity {
	const wanted = label?.toLowerCase()
	return SEVERITIES.find((severity) => severity === wanted) ?? "other"
}

/** An alert of severity info is for information; it needs no acknowledgement. */
export const needsResponse = ({ severity }: { readonly severity: string }): boolean => severityOf(severity) !== "info"
