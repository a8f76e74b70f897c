import { atMost, counter, gauge, histogram, oneOf, path, recording, subject } from "../define.ts"
import { part, promql } from "../promql.ts"

const severity = oneOf("critical", "warning", "info", "other")

export const incidentsOpen = gauge({
	name: "observatory_incidents_open",
	group: "observatory",
	quantity: "count",
	help: "Incidents that have not been resolved, by severity.",
	labels: { severity },
	emitter: "webhook",
	essential: true,
})

export const incidentDetection = histogram({
	name: "observatory_incident_detection_seconds",
	group: "observatory",
	quantity: "seconds",
	help: "Time to detection: from an incident's onset to the first acceptance by one of its channels, for resolved incidents that had one. A bounded onset may have been earlier, and leaves out the time in which the observatory did not run.",
	labels: { severity, onset: oneOf("measured", "bounded") },
	buckets: [1, 5, 15, 30, 60, 120, 300, 600, 1800],
	emitter: "webhook",
	essential: true,
})

export const incidentAcknowledgement = histogram({
	name: "observatory_incident_acknowledgement_seconds",
	group: "observatory",
	quantity: "seconds",
	help: "From an incident in the database to its first acknowledgement, for resolved incidents that were acknowledged.",
	labels: { severity },
	buckets: [30, 60, 120, 300, 600, 900, 1800, 3600, 7200],
	emitter: "webhook",
	essential: true,
})

export const incidentResolution = histogram({
	name: "observatory_incident_resolution_seconds",
	group: "observatory",
	quantity: "seconds",
	help: "Time to resolution: from an incident's onset to its end, by whether a remediation succeeded.",
	labels: { severity, remediated: oneOf("yes", "no") },
	buckets: [60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 86400],
	emitter: "webhook",
	essential: true,
})

export const incidentSteps = histogram({
	name: "observatory_incident_step_seconds",
	group: "observatory",
	quantity: "seconds",
	help: "From an incident's onset to each step that it reached: pending, fired, received here, notified (the first channel), acknowledged, remediated (an action was done), verified, resolved. For resolved incidents.",
	labels: {
		severity,
		step: oneOf("pending", "fired", "received", "notified", "acknowledged", "remediated", "verified", "resolved"),
	},
	buckets: [15, 30, 60, 120, 180, 300, 600, 1800, 3600, 14400],
	emitter: "webhook",
	essential: true,
})

export const incidentPromisesBroken = counter({
	name: "observatory_incident_promises_broken_total",
	group: "observatory",
	quantity: "count",
	help: "Steps of incidents that took longer than the worst case of their alert (npm run rules -- --explain NAME): until the condition was true, until the alert fired, until its first channel accepted it. Of measured onsets only.",
	labels: {
		alertname: atMost(500, "the alert's name, as Prometheus has loaded it"),
		step: oneOf("condition", "duration", "notification"),
	},
	emitter: "webhook",
	essential: true,
})

export const incidentVerdicts = gauge({
	name: "observatory_incident_verdicts",
	group: "observatory",
	quantity: "count",
	help: "Incidents that people closed with a verdict within the last 30 days, by verdict.",
	labels: { verdict: oneOf("true_positive", "false_positive", "expected") },
	emitter: "webhook",
	essential: true,
})

export const escalationsPaged = counter({
	name: "observatory_escalations_total",
	group: "observatory",
	quantity: "count",
	help: "Escalation pages sent, by level.",
	labels: { level: oneOf("1", "2", "3", "4", "5") },
	emitter: "webhook",
	essential: true,
})

export const acknowledgementsExpired = counter({
	name: "observatory_acknowledgements_expired_total",
	group: "observatory",
	quantity: "count",
	help: "Acknowledgements that expired while the incident was open.",
	labels: {},
	emitter: "webhook",
})

export const escalationsLate = counter({
	name: "observatory_escalations_late_total",
	group: "observatory",
	quantity: "count",
	help: "Escalations that were more than 30 s late while the webhook ran, and were then moved by their job or the audit of escalations.",
	labels: {},
	emitter: "webhook",
	essential: true,
})

/** What a page is about. */
export const PAGE_KINDS = [
	"escalation",
	"approval",
	"call_approval",
	"remediation_failed",
	"emergency_stop",
	"heartbeat_lost",
	"pages_silenced",
] as const

export const pagesOpen = gauge({
	name: "observatory_pages_open",
	group: "observatory",
	quantity: "count",
	help: "Open pages, by kind.",
	labels: {
		kind: oneOf(...PAGE_KINDS),
	},
	emitter: "webhook",
})

export const pagesUnsent = gauge({
	name: "observatory_pages_unsent",
	group: "observatory",
	quantity: "count",
	help: "Pages that Alertmanager has not accepted yet, or that name a channel without a receiver.",
	labels: {},
	emitter: "webhook",
	essential: true,
})

export const pageSilences = gauge({
	name: "observatory_page_silences",
	group: "observatory",
	quantity: "count",
	help: "Silences in Alertmanager that keep the observatory's own pages or the heartbeat from people, read twice a minute.",
	labels: {},
	emitter: "webhook",
	essential: true,
})

export const inboxUnread = gauge({
	name: "observatory_inbox_unread",
	group: "observatory",
	quantity: "count",
	help: "Unread notifications in the console's inbox, whose channel is not configured.",
	labels: {},
	emitter: "webhook",
})

const mean = (of: typeof incidentDetection | typeof incidentAcknowledgement | typeof incidentResolution, only = "") =>
	promql`sum(increase(${part(of, "sum")}${only}[30d])) / (sum(increase(${part(of, "count")}${only}[30d])) > 0)`

export const meanTimeToDetect = recording({
	name: "observatory:incident_detection_seconds:mean30d",
	quantity: "seconds",
	help: "Mean time to detection over 30 days: from a measured onset to the first acceptance by a channel.",
	formula: "increase of the sum / increase of the count",
	window: "30d",
	interval: "5m",
	expr: mean(incidentDetection, '{onset="measured"}'),
	labels: [],
})

export const meanTimeToAcknowledge = recording({
	name: "observatory:incident_acknowledgement_seconds:mean30d",
	quantity: "seconds",
	help: "Mean time to acknowledgement over 30 days: from an incident to its first acknowledgement.",
	formula: "increase of the sum / increase of the count",
	window: "30d",
	interval: "5m",
	expr: mean(incidentAcknowledgement),
	labels: [],
})

export const meanTimeToResolve = recording({
	name: "observatory:incident_resolution_seconds:mean30d",
	quantity: "seconds",
	help: "Mean time to resolution over 30 days: from an incident's onset to its end.",
	formula: "increase of the sum / increase of the count",
	window: "30d",
	interval: "5m",
	expr: mean(incidentResolution),
	labels: [],
})

const verdicts = (verdict: string) => ({ of: incidentVerdicts, matchers: { verdict } })

export const alertPrecision = recording({
	name: "observatory:alert_precision:ratio30d",
	quantity: "ratio",
	help: "Share of true positives among the verdicts of the last 30 days; expected incidents do not count.",
	formula: "true positives / (true positives + false positives)",
	window: "30d",
	expr: promql`max(${verdicts("true_positive")}) / (max(${verdicts("true_positive")}) + max(${verdicts("false_positive")}) > 0)`,
	labels: [],
})

export default subject({
	title: "Incidents and escalation",
	series: [
		incidentsOpen,
		incidentDetection,
		incidentAcknowledgement,
		incidentResolution,
		incidentSteps,
		incidentPromisesBroken,
		incidentVerdicts,
		escalationsPaged,
		acknowledgementsExpired,
		escalationsLate,
		pagesOpen,
		pagesUnsent,
		pageSilences,
		inboxUnread,
	],
	recordings: [meanTimeToDetect, meanTimeToAcknowledge, meanTimeToResolve, alertPrecision],
	paths: [
		path({
			path: "observatory.pagesUnsent",
			quantity: "count",
			help: pagesUnsent.help,
			value: { of: pagesUnsent },
		}),
		path({
			path: "observatory.escalationsLate",
			quantity: "count",
			help: "Escalations that were late; use increase(path, window) in conditions.",
			value: { of: escalationsLate },
			counter: { of: escalationsLate },
		}),
	],
})
