import type { Context } from "../context.ts"
import type { Incident } from "../incidents/list.ts"
import type { Element } from "../outside/prometheus.ts"

/** Whether an alert's expression still holds for an incident: an element that contradicts none of its labels. */
export function holdsFor(elements: readonly Element[], labels: Readonly<Record<string, string>>): boolean {
	return elements.some((element) =>
		Object.entries(element.labels).every(
			([name, value]) => name === "__name__" || labels[name] === undefined || labels[name] === value,
		),
	)
}

/**
 * Asks Prometheus for the alert's own expression, as it evaluates it now. Undefined when there is no such alert any
 * more: nobody can say then.
 */
export async function alertCleared(
	{ outside }: Context,
	{ alertname, severity, labels }: Incident,
): Promise<boolean | undefined> {
	const expression = await outside.prometheus.alertExpression(alertname, severity)
	if (expression === undefined) return undefined
	return !holdsFor(await outside.prometheus.query(expression), labels)
}
