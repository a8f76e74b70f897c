import { inspectPromql } from "../../../core/alerts/promql.ts"
import { RECORDINGS } from "../../../core/catalogue/index.ts"
import type { AlertRule, Element } from "../../../core/clients/prometheus.ts"
import { parseDuration } from "../../../core/lib/config.ts"
import type { Context } from "../../context.ts"
import type { Incident } from "../../store/incidents/list.ts"

type Labels = Readonly<Record<string, string>>

/**
 * Whether a rule's expression still has a result for an incident: an element that contradicts none of its labels. The
 * rule's own labels do not count: elements may have other values under the same names.
 */
export function hasElementFor(elements: readonly Element[], labels: Labels, ruleLabels: Labels): boolean {
	const ofTheRule = new Set(["__name__", "alertname", ...Object.keys(ruleLabels)])
	return elements.some((element) =>
		Object.entries(element.labels).every(
			([name, value]) => ofTheRule.has(name) || labels[name] === undefined || labels[name] === value,
		),
	)
}

/** The lookback of an expression, in milliseconds: from its ranges, and from the windows of recordings. */
export function lookback(expr: string): number {
	const { series } = inspectPromql(expr)
	const windows = RECORDINGS.filter(({ name }) => series.includes(name)).map(({ window }) => window ?? "")
	const ranges = [...expr.matchAll(/\[(\w+)/g)].map(([, range]) => range ?? "")
	return Math.max(0, ...[...windows, ...ranges].map((text) => parseDuration(text) ?? 0))
}

export interface Condition {
	readonly met: boolean
	/** The lookback of an alert, in milliseconds: it may still fire for that long after the cause is gone. */
	readonly lookbackMs: number
}

/**
 * Evaluates the alert's own expression in Prometheus; of alerts that share a name, the one of the incident's severity.
 * Undefined when the alert no longer exists.
 */
export async function conditionOf(
	{ clients: { prometheus } }: Pick<Context, "clients">,
	{ alertname, severity, labels }: Incident,
): Promise<Condition | undefined> {
	const named = (await prometheus.alertRules()).filter(({ name }) => name === alertname)
	const rule: AlertRule | undefined = named.find((one) => one.labels.severity === severity) ?? named[0]
	if (rule === undefined) return undefined
	const met = hasElementFor(await prometheus.query(rule.query), labels, rule.labels)
	return { met, lookbackMs: lookback(rule.query) }
}
