import { counter, gauge, histogram, oneOf, path, recording, subject } from "../define.ts"
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
	help: "From the moment that an alert fired in Prometheus to its incident in the database, for resolved incidents. The alert's own duration comes before that.",
	labels: { severity },
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
	help: "From the moment that an alert fired to its end, by whether a remediation succeeded.",
	labels: { severity, remediated: oneOf("yes", "no") },
	buckets: [60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 86400],
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
	help: "Escalations that were late and were then moved by the audit of escalations.",
	labels: {},
	emitter: "webhook",
	essential: true,
})

export const pagesOpen = gauge({
	name: "observatory_pages_open",
	group: "observatory",
	quantity: "count",
	help: "Open pages, by kind.",
	labels: {
		kind: oneOf("escalation", "approval", "remediation_failed", "emergency_stop", "heartbeat_lost", "pages_silenced"),
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

const mean = (of: typeof incidentDetection | typeof incidentAcknowledgement | typeof incidentResolution) =>
	promql`sum(increase(${part(of, "sum")}[30d])) / (sum(increase(${part(of, "count")}[30d])) > 0)`

export const meanTimeToDetect = recording({
	name: "observatory:incident_detection_seconds:mean30d",
	quantity: "seconds",
	help: "Mean time to detection over 30 days: from an alert that fires to its incident.",
	formula: "increase of the sum / increase of the count",
	window: "30d",
	interval: "5m",
	expr: mean(incidentDetection),
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
	help: "Mean time to resolution over 30 days: from an alert that fires to its end.",
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
