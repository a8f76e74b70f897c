import { z } from "zod"
import { type Endpoint, headersOf } from "../../core/clients/endpoint.ts"
import type { Prometheus, RangeElement } from "../../core/clients/prometheus.ts"
import { requestJson } from "../../core/clients/request.ts"
import { messageOf, ObservatoryError } from "../../core/lib/errors.ts"
import { COMPARISONS, inside, readExpression } from "../lint/expression.ts"
import { type Labels, readConfig } from "./config.ts"
import { periodsOf } from "./decide.ts"
import type { Comparison, Facts, IncidentFact, Instance, RuleFact, Silence } from "./facts.ts"

export interface Servers {
	readonly prometheus: Prometheus
	readonly alertmanager: Endpoint
	/** Undefined where no console token is known. */
	readonly webhook: Endpoint | undefined
}

/** The time that a question is about, in milliseconds since the epoch. */
export interface Window {
	readonly from: number
	readonly to: number
}

const FINEST_MS = 15_000
const MOST_POINTS = 500

/** Reads everything that the explanation of an alert needs. @throws ObservatoryError when Prometheus does not answer */
export async function readFacts(alert: string, { from, to }: Window, servers: Servers): Promise<Facts> {
	const { prometheus } = servers
	const stepMs = Math.max(FINEST_MS, Math.ceil((to - from) / MOST_POINTS / 1_000) * 1_000)
	const range = (expr: string) => prometheus.range(expr, { from, to, step: stepMs })
	const [rules, alerts, alertmanager, deliveries, incidents] = await Promise.all([
		prometheus.alertRules().then((all) => all.filter(({ name }) => name === alert)),
		range("ALERTS"),
		readAlertmanager(servers.alertmanager),
		readDeliveries(prometheus, { from, to }),
		servers.webhook && readIncidents(servers.webhook, alert, { from, to }),
	])
	return {
		alert,
		from,
		to,
		stepMs,
		rules: await Promise.all(
			rules.map(({ query, duration, labels, health }) =>
				readRule({ query, holdMs: duration * 1_000, labels, health }, range, { stepMs, to }),
			),
		),
		instances: instancesOf(alerts, stepMs, to),
		alertmanager,
		deliveries,
		incidents,
	}
}

type Range = (expr: string) => Promise<readonly RangeElement[]>

async function readRule(
	rule: Pick<RuleFact, "query" | "holdMs" | "labels" | "health">,
	range: Range,
	{ stepMs, to }: { readonly stepMs: number; readonly to: number },
): Promise<RuleFact> {
	const whole = await range(rule.query)
	const expression = readExpression(rule.query)
	const parts = "mistake" in expression ? [] : [...inside(expression)]
	const comparisons = await Promise.all(
		parts.flatMap((part) => {
			if (part.kind !== "binary" || !COMPARISONS.has(part.operator) || part.right.kind !== "number") return []
			const text = rule.query.slice(part.span.start, part.span.end)
			const left = rule.query.slice(part.left.span.start, part.left.span.end)
			const { operator, right } = part
			return [range(left).then((elements) => comparisonOf({ text, left, operator, threshold: right.value }, elements))]
		}),
	)
	const names = [
		...new Set(parts.flatMap((part) => (part.kind === "selector" && part.name !== undefined ? [part.name] : []))),
	]
	const counts = await Promise.all(names.map((name) => range(`count(${name})`)))
	return {
		...rule,
		trueDuring: periodsOf(
			whole.flatMap(({ points }) => points.map(({ at }) => at)),
			stepMs,
			to,
		),
		comparisons,
		missing: names.filter((_, i) => counts[i]?.length === 0),
	}
}

function comparisonOf(
	comparison: Pick<Comparison, "text" | "left" | "operator" | "threshold">,
	elements: readonly RangeElement[],
): Comparison {
	const points = elements.flatMap((element) => element.points).filter(({ value }) => !Number.isNaN(value))
	const values = points.map(({ value }) => value)
	const last = points.reduce<(typeof points)[number] | undefined>((a, b) => (a && a.at >= b.at ? a : b), undefined)
	return {
		...comparison,
		lowest: values.length === 0 ? undefined : values.reduce((a, b) => Math.min(a, b)),
		highest: values.length === 0 ? undefined : values.reduce((a, b) => Math.max(a, b)),
		last: last?.value,
	}
}

/** The instances of all alerts, from the series ALERTS. */
export function instancesOf(elements: readonly RangeElement[], stepMs: number, to: number): Instance[] {
	const found = new Map<string, { labels: Labels; pending: number[]; firing: number[] }>()
	for (const { labels: all, points } of elements) {
		const { __name__: _, alertstate, ...labels } = all
		const key = JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))
		const instance = found.get(key) ?? { labels, pending: [], firing: [] }
		found.set(key, instance)
		;(alertstate === "firing" ? instance.firing : instance.pending).push(...points.map(({ at }) => at))
	}
	return [...found.values()].map(({ labels, pending, firing }) => ({
		name: labels.alertname ?? "",
		labels,
		pending: periodsOf(pending, stepMs, to),
		firing: periodsOf(firing, stepMs, to),
	}))
}

const status = z.object({ config: z.object({ original: z.string() }) })
const time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))
const silences = z.array(
	z.object({
		id: z.string(),
		createdBy: z.string(),
		comment: z.string(),
		startsAt: time,
		endsAt: time,
		matchers: z.array(
			z.object({ name: z.string(), value: z.string(), isRegex: z.boolean(), isEqual: z.boolean().default(true) }),
		),
	}),
)

async function readAlertmanager(endpoint: Endpoint): Promise<Facts["alertmanager"]> {
	const read = async <T>(path: string, schema: z.ZodType<T>): Promise<T> =>
		schema.parse(await requestJson("Alertmanager", `${endpoint.url}${path}`, { headers: headersOf(endpoint) }))
	try {
		const [{ config }, found] = await Promise.all([read("/api/v2/status", status), read("/api/v2/silences", silences)])
		return {
			reached: "yes",
			config: readConfig(config.original),
			silences: found.map(({ startsAt: from, endsAt: to, ...rest }): Silence => ({ ...rest, from, to })),
		}
	} catch (error) {
		return { reached: "no", why: messageOf(error) }
	}
}

async function readDeliveries(prometheus: Prometheus, { from, to }: Window): Promise<Facts["deliveries"]> {
	const seconds = Math.max(60, Math.round((to - from) / 1_000))
	const increase = (series: string) =>
		prometheus.query(`sum by (integration) (increase(${series}[${seconds}s]))`, { at: to })
	const [failed, sent] = await Promise.all([
		increase("alertmanager_notifications_failed_total"),
		increase("alertmanager_notifications_total"),
	])
	const failures = new Map(failed.map(({ labels, value }) => [labels.integration ?? "", value]))
	return sent.map(({ labels: { integration = "" }, value }) => ({
		integration,
		sent: value,
		failed: failures.get(integration) ?? 0,
	}))
}

const incident = z.object({
	id: z.number(),
	alertname: z.string(),
	status: z.string(),
	createdAt: time.optional(),
	timeline: z.array(z.object({ kind: z.string(), actor: z.string(), at: time })).default([]),
})
const incidentList = z.object({ incidents: z.array(z.object({ id: z.number() })) })

const MOST_INCIDENTS = 5

async function readIncidents(webhook: Endpoint, alert: string, { from, to }: Window): Promise<IncidentFact[]> {
	const path = `/api/incidents?${new URLSearchParams({ alertname: alert, limit: "20" })}`
	const { incidents } = incidentList.parse(
		await requestJson("The webhook", `${webhook.url}${path}`, { headers: headersOf(webhook) }),
	)
	const found = await Promise.all(incidents.map(({ id }) => readIncident(webhook, id)))
	return found
		.filter(({ timeline }) => timeline.some(({ at }) => at >= from && at <= to))
		.slice(0, MOST_INCIDENTS)
		.map(({ id, status: state, timeline }) => ({
			id,
			status: state,
			timeline: timeline.map(({ at, kind, actor }) => ({ at, text: `${kind} (${actor})` })),
		}))
}

/** An incident of the webhook. @throws ObservatoryError without an answer or permission */
export async function readIncident(webhook: Endpoint, id: number): Promise<z.output<typeof incident>> {
	const answer = await requestJson("The webhook", `${webhook.url}/api/incidents/${id}`, { headers: headersOf(webhook) })
	const parsed = incident.safeParse(answer)
	if (parsed.success) return parsed.data
	throw new ObservatoryError("source_malformed", "The webhook's incident has another shape", { cause: parsed.error })
}
