import { messageOf } from "../../../core/lib/errors.ts"
import type { Context } from "../../context.ts"
import { comparisonIn } from "../../domain/boards/comparison.ts"
import { aligned, stepOf } from "../../domain/boards/range.ts"
import type { PanelData } from "./data.ts"

/** What an alert's expression was about, around an incident. */
export interface IncidentGraph {
	readonly data: Extract<PanelData, { kind: "series" }>
	/** The alert's limit, with its operator, such as `> 0.5`. */
	readonly limit: { readonly value: number; readonly text: string } | undefined
}

interface GraphedIncident {
	readonly alertname: string
	readonly severity: string
	readonly labels: Readonly<Record<string, string>>
	readonly startsAt: Date
	readonly endsAt: Date | null
}

const BEFORE_MS = 45 * 60_000
const AFTER_MS = 15 * 60_000
const LONGEST_MS = 24 * 3_600_000

/** The values behind an incident's alert, from Prometheus; the reason in words when there are none. */
export async function incidentGraph(ctx: Context, incident: GraphedIncident): Promise<IncidentGraph | string> {
	const { compiledAlerts, prometheus } = ctx.clients
	const isIts = ({ name }: { name: string }) => name === incident.alertname
	const rules = (await compiledAlerts.upTo((known) => known.some(isIts)))?.filter(isIts) ?? []
	const rule = rules.find(({ labels }) => labels.severity === incident.severity) ?? rules[0]
	if (!rule) return `Prometheus has no alerting rule ${incident.alertname} now, so its values cannot be drawn.`
	const fired = incident.startsAt.getTime()
	const from = fired - rule.duration * 1_000 - BEFORE_MS
	const to = Math.min(
		ctx.clock.now(),
		(incident.endsAt?.getTime() ?? Number.POSITIVE_INFINITY) + AFTER_MS,
		from + LONGEST_MS,
	)
	const range = { from, to: Math.max(to, from + BEFORE_MS) }
	const step = stepOf(range, 15_000)
	const comparison = comparisonIn(rule.query)
	try {
		const [elements, limits] = await Promise.all([
			prometheus.range(comparison?.value ?? rule.query, { ...aligned(range, step), step }),
			comparison ? prometheus.query(`vector(${comparison.limit})`, { at: range.to }) : [],
		])
		const own = elements.filter(({ labels }) => concerns(labels, incident.labels))
		const shown = own.length > 0 ? own : elements
		const series = shown.slice(0, 12).map(({ labels, points }) => ({ refId: "A", name: nameOf(labels), points }))
		const value = limits[0]?.value
		return {
			data: { kind: "series", series, dropped: shown.length - series.length, ...range, step },
			limit:
				comparison && value !== undefined ? { value, text: `${comparison.operator} ${comparison.limit}` } : undefined,
		}
	} catch (error) {
		return `The values cannot be read: ${messageOf(error).split(": ")[0]}.`
	}
}

/** A series of this incident: no label of both differs. */
const concerns = (labels: Readonly<Record<string, string>>, own: Readonly<Record<string, string>>) =>
	Object.entries(labels).every(([name, value]) => name === "__name__" || own[name] === undefined || own[name] === value)

function nameOf({ __name__: name, ...labels }: Readonly<Record<string, string>>): string {
	const values = Object.values(labels).filter(Boolean)
	return values.length > 0 ? values.join(" ") : (name ?? "value")
}
