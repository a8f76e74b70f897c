import type { Alert, AlertFile } from "../../core/alerts/model.ts"
import { SEVERITIES } from "../../core/alerts/schema.ts"
import { EVALUATION_MS, recordingInterval } from "../../core/alerts/timing.ts"
import type { RecordingSpec, Subject } from "../../core/catalogue/types.ts"
import { formatDuration, parseDuration } from "../../core/lib/config.ts"
import { type Links, renderAnnotations } from "./annotations.ts"
import { renderCondition } from "./expression.ts"
import { type Expression, inside, number, pathSelector } from "./selector.ts"

/** A Prometheus rule group; the fields and their order are those of the rule file format. */
export interface RuleGroup {
	readonly name: string
	readonly interval: string
	readonly rules: readonly (RecordingRule | AlertRule)[]
}

interface RecordingRule {
	readonly record: string
	readonly expr: string
}

export interface AlertRule {
	readonly alert: string
	readonly expr: string
	readonly for?: string
	readonly keep_firing_for?: string
	readonly labels: Readonly<Record<string, string>>
	readonly annotations: Readonly<Record<string, string>>
}

/** The catalogue's recordings, a group for each subject and interval, each rule behind those that it reads. */
export function renderRecordings(subjects: readonly Subject[]): RuleGroup[] {
	return subjects.flatMap((subject) => {
		const intervals = [...new Set(subject.recordings.map(recordingInterval))].sort((a, b) => a - b)
		return intervals.map((interval) => ({
			name: `${slug(subject.title)}${interval === EVALUATION_MS ? "" : `-${formatDuration(interval)}`}`,
			interval: formatDuration(interval),
			rules: inOrder(subject.recordings.filter((recording) => recordingInterval(recording) === interval)).map(
				({ name, expr }) => ({ record: name, expr: expr.text }),
			),
		}))
	})
}

const slug = (title: string) => title.toLowerCase().replace(/[^a-z0-9]+/g, "-")

function inOrder(recordings: readonly RecordingSpec[]): RecordingSpec[] {
	const done = new Set<RecordingSpec>()
	const visit = (recording: RecordingSpec) => {
		if (done.has(recording)) return
		for (const ref of recording.expr.refs) if (ref.kind === "recording" && recordings.includes(ref)) visit(ref)
		done.add(recording)
	}
	for (const recording of recordings) visit(recording)
	return [...done]
}

/** The file's alerts, a group for each severity. */
export function renderAlerts(file: AlertFile, links: Links): RuleGroup[] {
	return SEVERITIES.flatMap((severity) => {
		const rules = file.alerts.filter((alert) => alert.severity === severity).map((alert) => renderAlert(alert, links))
		return rules.length === 0 ? [] : [{ name: `alerts-${severity}`, interval: formatDuration(EVALUATION_MS), rules }]
	})
}

export function renderAlert(alert: Alert, links: Links): AlertRule {
	return {
		alert: alert.name,
		expr: renderTrigger(alert),
		...(alert.forMs > 0 ? { for: formatDuration(alert.forMs) } : {}),
		...(alert.keepFiringMs > 0 ? { keep_firing_for: formatDuration(alert.keepFiringMs) } : {}),
		labels: renderLabels(alert),
		annotations: renderAnnotations(alert, links),
	}
}

/** The alert's PromQL, its minimum volume included. */
export function renderTrigger(alert: Alert): string {
	if (alert.trigger.kind === "promql") return alert.trigger.text.trim()
	return withVolumes(renderCondition(alert.trigger.condition), alert).text
}

/** Only what has the alert's minimum volume of observations. */
export function withVolumes(of: Expression, { trigger, volumes }: Alert): Expression {
	if (trigger.kind === "promql") return of
	let expression = of
	for (const { path, atLeast } of volumes) {
		const { volume, window, wildcard } = path.spec
		if (!volume) continue
		const seconds = volume.of.quantity === "per_second" ? (parseDuration(window ?? "5m") ?? 0) / 1000 : 1
		const selector = pathSelector(path, volume)
		const count = seconds === 1 ? selector : `${selector} * ${number(seconds)}`
		const on = trigger.condition.dimension === undefined ? "" : (wildcard ?? "")
		expression = {
			text: `${expression.binding === "or" ? `(${expression.text})` : expression.text} and on (${on}) ${inside({ text: `${count} >= ${number(atLeast)}`, binding: "comparison" }, "and")}`,
			binding: "and",
		}
	}
	return expression
}

/** What routing, inhibition, remediation and incidents go by. */
function renderLabels(alert: Alert): Record<string, string> {
	const labels: Record<string, string | undefined> = {
		severity: alert.severity,
		component: alert.component,
		...alert.fixedLabels,
		role: alert.role,
		owner: alert.owner,
		remediation: alert.remediation,
		escalation: alert.escalation,
		heartbeat: alert.heartbeat ? "true" : undefined,
		channels: alert.heartbeat ? undefined : `,${alert.channels.join(",")},`,
	}
	return Object.fromEntries(
		Object.entries(labels).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
	)
}
