import type { Recorder } from "../recorder.ts"
import { DAY, type Incident, type Timeline } from "../timeline.ts"

const SEVERITIES = ["critical", "warning", "info", "other"] as const
/** How long the webhook remembers verdicts. */
const REMEMBERED = 30 * DAY

type Span = readonly [start: number, end: number]

/** When an incident reached each step, from its onset on. */
const STEPS: readonly (readonly [step: string, span: (incident: Incident) => readonly Span[]])[] = [
	["pending", ({ start, detected }) => [[start, start + (detected - start) * 0.3]]],
	["fired", ({ start, detected }) => [[start, start + (detected - start) * 0.7]]],
	["received", ({ start, detected }) => [[start, detected - 5]]],
	["notified", ({ start, detected }) => [[start, detected]]],
	["acknowledged", ({ start, acknowledged }) => [[start, acknowledged]]],
	["remediated", ({ start, end, remediated }) => (remediated ? [[start, end - 60]] : [])],
	["verified", ({ start, end, remediated }) => (remediated ? [[start, end - 15]] : [])],
	["resolved", ({ start, end }) => [[start, end]]],
]

/** Incidents and the response to them, as the webhook counts it. */
export function recordResponse(recorder: Recorder, { incidents }: Timeline): void {
	const { counter, gauge } = recorder
	for (const severity of SEVERITIES) {
		const own = incidents.filter((each) => each.severity === severity)
		gauge(
			"observatory_incidents_open",
			{ severity },
			(time) => own.filter(({ detected, end }) => detected <= time && time < end).length,
		)
		const detections = own.map(({ start, detected }) => [start, detected] as const)
		const detection = { severity, onset: "measured" }
		recordSpans(recorder, "observatory_incident_detection_seconds", detection, detections)
		const acknowledgements = own.map(({ detected, acknowledged }) => [detected, acknowledged] as const)
		recordSpans(recorder, "observatory_incident_acknowledgement_seconds", { severity }, acknowledgements)
		for (const [step, at] of STEPS) {
			recordSpans(recorder, "observatory_incident_step_seconds", { severity, step }, own.flatMap(at))
		}
		for (const remediated of ["yes", "no"]) {
			const resolved = own.filter((each) => each.remediated === (remediated === "yes"))
			const spans = resolved.map(({ detected, end }) => [detected, end] as const)
			recordSpans(recorder, "observatory_incident_resolution_seconds", { severity, remediated }, spans)
		}
	}
	// Every eighth incident turns out to be none.
	const verdicts = incidents.map(({ end }, i) => ({ end, verdict: i % 8 === 7 ? "false_positive" : "true_positive" }))
	for (const verdict of ["true_positive", "false_positive", "expected"])
		gauge(
			"observatory_incident_verdicts",
			{ verdict },
			(time) =>
				verdicts.filter((each) => each.verdict === verdict && each.end <= time && each.end > time - REMEMBERED).length,
		)
	const times = (pick: (incident: Incident) => number, of = incidents) => recorder.at(of.map(pick))
	const opened = times(({ detected }) => detected)
	const closed = times(({ end }) => end)
	counter("observatory_alerts_received_total", { status: "firing", result: "new" }, opened)
	counter("observatory_alerts_received_total", { status: "resolved", result: "new" }, closed)
	const heartbeats = recorder.events(() => 60)
	counter("observatory_alerts_received_total", { status: "firing", result: "heartbeat" }, heartbeats)
	const notifications = opened.map((count, i) => count + (closed[i] ?? 0) + (heartbeats[i] ?? 0))
	counter("observatory_notifications_received_total", { result: "accepted" }, notifications)
	for (const result of ["unauthorized", "malformed", "too_large", "unavailable"])
		counter("observatory_notifications_received_total", { result }, new Float64Array(opened.length))
	const escalated = incidents.filter((each) => each.escalated)
	counter(
		"observatory_escalations_total",
		{ level: "1" },
		times(({ detected }) => detected + 300, escalated),
	)
	const remediations = { mcp: "reconnectMcpServer", sessions: "restartWorker", database: "restartWorker" } as const
	for (const action of ["reconnectMcpServer", "restartWorker"] as const) {
		const of = incidents.filter((each) => remediations[each.trouble] === action)
		const done = of.filter(({ remediated }) => remediated)
		const withheld = of.filter(({ remediated }) => !remediated)
		const ended = ({ end }: Incident) => end
		counter("observatory_remediations_total", { action, outcome: "succeeded" }, times(ended, done))
		const asked = ({ detected }: Incident) => detected
		counter("observatory_remediations_total", { action, outcome: "withheld" }, times(asked, withheld))
		counter("observatory_remediations_withheld_total", { action, reason: "cooldown" }, times(asked, withheld))
	}
	recordAudit(recorder, incidents)
	for (const kind of [
		"escalation",
		"approval",
		"remediation_failed",
		"emergency_stop",
		"heartbeat_lost",
		"pages_silenced",
	])
		gauge("observatory_pages_open", { kind }, (time) =>
			kind === "escalation"
				? escalated.filter(({ detected, acknowledged }) => detected + 300 <= time && time < acknowledged).length
				: 0,
		)
	for (const [state, value] of Object.entries({ run: 1, pause: 0, stop: 0 }))
		gauge("observatory_control_state", { state }, () => value)
}

const ends = (incidents: readonly Incident[]) => incidents.map(({ end }) => end)

/** Entries of the audit log: what people did about incidents, and nothing that needs a privilege. */
function recordAudit({ at, counter, gauge }: Recorder, incidents: readonly Incident[]): void {
	const acknowledged = incidents.map((incident) => incident.acknowledged)
	counter("observatory_audit_actions_total", { action: "incident.acknowledge" }, at(acknowledged))
	counter("observatory_audit_actions_total", { action: "incident.close" }, at(ends(incidents)))
	const entries = [...acknowledged, ...ends(incidents)]
	gauge("observatory_audit_entries", {}, (time) => entries.filter((entry) => entry <= time).length)
	for (const kind of ["chain", "triggers"]) gauge("observatory_audit_faults", { kind }, () => 0)
}

/** One observation for each span of time, when it ends. */
function recordSpans(
	recorder: Recorder,
	name: string,
	labels: Readonly<Record<string, string>>,
	spans: readonly Span[],
): void {
	// Observations of the same step share the mean, which is exact for one.
	const mean = (time: number) => {
		const { step } = recorder.grid
		const now = spans.filter(([, end]) => end <= time && end > time - step)
		return now.reduce((sum, [start = 0, end = 0]) => sum + end - start, 0) / Math.max(1, now.length)
	}
	recorder.histogram(name, labels, recorder.at(spans.map(([, end]) => end)), { mean, spread: 0 })
}
