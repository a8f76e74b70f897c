import { atMost, counter, gauge, histogram, oneOf, path, recording, subject } from "../define.ts"
import { part, promql } from "../promql.ts"
import { COMPONENTS } from "./components.ts"

const collector = atMost(40, "the collector's name")

export const collectorSuccess = gauge({
	name: "observatory_collector_success",
	group: "observatory",
	quantity: "count",
	help: "1 if the collector's latest run succeeded, 0 if it failed, timed out or has not run yet; its values stand only while it is 1.",
	labels: { collector },
	emitter: "telemetry",
	essential: true,
})

export const collectorDuration = gauge({
	name: "observatory_collector_duration_seconds",
	group: "observatory",
	quantity: "seconds",
	help: "How long the collector's latest run took, successful or not.",
	labels: { collector },
	emitter: "telemetry",
})

export const collectorLastSuccess = gauge({
	name: "observatory_collector_last_success_timestamp_seconds",
	group: "observatory",
	quantity: "timestamp",
	help: "When the collector last succeeded, in seconds since the epoch; 0 before the first time.",
	labels: { collector },
	emitter: "telemetry",
})

export const labelValuesFolded = counter({
	name: "observatory_label_values_folded_total",
	group: "observatory",
	quantity: "count",
	help: "Samples whose label value was over the label's cap, or not among its values, and was counted under other.",
	labels: { series: atMost(500, "the series"), label: atMost(50, "the label") },
	emitter: "telemetry",
})

export const buildInfo = gauge({
	name: "observatory_build_info",
	group: "observatory",
	quantity: "count",
	help: "1, labelled with what runs.",
	labels: { version: atMost(5, "version of mcp-observatory"), service: oneOf("exporters", "alert-webhook") },
	emitter: "telemetry",
})

export const httpRequestDuration = histogram({
	name: "observatory_http_request_duration_seconds",
	group: "observatory",
	quantity: "seconds",
	help: "Duration of requests to our own HTTP servers, by route pattern and status class.",
	labels: {
		method: oneOf("GET", "POST", "PUT", "PATCH", "DELETE", "other"),
		route: atMost(100, "the route's pattern, never the path"),
		status: oneOf("1xx", "2xx", "3xx", "4xx", "5xx"),
	},
	buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
	emitter: "telemetry",
})

export const notificationsReceived = counter({
	name: "observatory_notifications_received_total",
	group: "observatory",
	quantity: "count",
	help: "Alertmanager notifications at the webhook, by what became of them.",
	labels: { result: oneOf("accepted", "unauthorized", "malformed", "too_large", "unavailable") },
	emitter: "webhook",
	essential: true,
})

export const alertsReceived = counter({
	name: "observatory_alerts_received_total",
	group: "observatory",
	quantity: "count",
	help: "Alerts inside accepted notifications, by what they did: a repeat is one that was known already, a notice is one that we sent ourselves.",
	labels: { status: oneOf("firing", "resolved"), result: oneOf("new", "repeat", "malformed", "heartbeat", "notice") },
	emitter: "webhook",
	essential: true,
})

export const alertsTruncated = counter({
	name: "observatory_alerts_truncated_total",
	group: "observatory",
	quantity: "count",
	help: "Alerts that Alertmanager left out of notifications because of the receiver's max_alerts, and that were then asked of it.",
	labels: {},
	emitter: "webhook",
})

export const reconciliations = counter({
	name: "observatory_reconciliations_total",
	group: "observatory",
	quantity: "count",
	help: "Comparisons of incidents with the alerts that Alertmanager has; a failed one, such as while Alertmanager is away, changes nothing.",
	labels: { result: oneOf("done", "failed") },
	emitter: "webhook",
})

export const reconciledIncidents = counter({
	name: "observatory_reconciled_incidents_total",
	group: "observatory",
	quantity: "count",
	help: "Incidents that were not in step with Alertmanager: closed because it no longer knew their alert, or taken in because no notification had brought one.",
	labels: { change: oneOf("closed", "taken_in") },
	emitter: "webhook",
})

export const incidentsOpen = gauge({
	name: "observatory_incidents_open",
	group: "observatory",
	quantity: "count",
	help: "Incidents that have not been resolved, by severity.",
	labels: { severity: oneOf("critical", "warning", "info", "other") },
	emitter: "webhook",
	essential: true,
})

export const heartbeatReceived = gauge({
	name: "observatory_heartbeat_last_received_timestamp_seconds",
	group: "observatory",
	quantity: "timestamp",
	help: "When the always firing alert was last delivered, in seconds since the epoch: the whole way from Prometheus through Alertmanager to the webhook worked then.",
	labels: { alertname: atMost(10, "the heartbeat's name") },
	emitter: "webhook",
	essential: true,
})

const remediation = oneOf("restartWorker", "reconnectMcpServer", "pauseAutonomousSessions", "emergencyStop")

export const remediations = counter({
	name: "observatory_remediations_total",
	group: "observatory",
	quantity: "count",
	help: "Remediations by how they ended: succeeded only when the alert's own expression cleared; shadowed, withheld, refused and expired ones did nothing.",
	labels: {
		action: remediation,
		outcome: oneOf("succeeded", "failed", "shadowed", "withheld", "refused", "expired"),
	},
	emitter: "webhook",
	essential: true,
})

export const remediationsWithheld = counter({
	name: "observatory_remediations_withheld_total",
	group: "observatory",
	quantity: "count",
	help: "Remediations that were withheld, by the guard rail that held them.",
	labels: {
		action: remediation,
		reason: oneOf(
			"incident_over",
			"no_target",
			"objection",
			"automation_paused",
			"busy",
			"circuit_open",
			"cooldown",
			"hourly_cap",
			"daily_cap",
			"blast_radius",
		),
	},
	emitter: "webhook",
})

export const controlState = gauge({
	name: "observatory_control_state",
	group: "observatory",
	quantity: "state",
	help: "What autonomous sessions may do right now, as a state set: run, pause, or stop after an emergency stop that nobody has released.",
	labels: { state: oneOf("run", "pause", "stop") },
	emitter: "webhook",
	essential: true,
})

export const gateSelfTestLastSuccess = gauge({
	name: "observatory_gate_self_test_last_success_timestamp_seconds",
	group: "observatory",
	quantity: "timestamp",
	help: "When the gate last proved on this host that it denies tool calls when it must, in seconds since the epoch; 0 before the first time.",
	labels: {},
	emitter: "webhook",
	essential: true,
})

export const escalationsTold = counter({
	name: "observatory_escalations_total",
	group: "observatory",
	quantity: "count",
	help: "Times that an incident which nobody had taken was told about, by level.",
	labels: { level: oneOf("1", "2", "3", "4", "5") },
	emitter: "webhook",
	essential: true,
})

export const acknowledgementsExpired = counter({
	name: "observatory_acknowledgements_expired_total",
	group: "observatory",
	quantity: "count",
	help: "Incidents that somebody had taken and that were told about again because they were still open after the acknowledgement ran out.",
	labels: {},
	emitter: "webhook",
})

export const escalationsLate = counter({
	name: "observatory_escalations_late_total",
	group: "observatory",
	quantity: "count",
	help: "Escalations that should have moved and were found not to have; each was moved then.",
	labels: {},
	emitter: "webhook",
	essential: true,
})

const severity = oneOf("critical", "warning", "info", "other")

export const incidentDetection = histogram({
	name: "observatory_incident_detection_seconds",
	group: "observatory",
	quantity: "seconds",
	help: "From the moment that an alert fired in Prometheus to its incident in the database, for incidents that are over. The alert's own duration comes before that.",
	labels: { severity },
	buckets: [1, 5, 15, 30, 60, 120, 300, 600, 1800],
	emitter: "webhook",
	essential: true,
})

export const incidentAcknowledgement = histogram({
	name: "observatory_incident_acknowledgement_seconds",
	group: "observatory",
	quantity: "seconds",
	help: "From an incident in the database to the first person who took it, for incidents that are over and that somebody took.",
	labels: { severity },
	buckets: [30, 60, 120, 300, 600, 900, 1800, 3600, 7200],
	emitter: "webhook",
	essential: true,
})

export const incidentResolution = histogram({
	name: "observatory_incident_resolution_seconds",
	group: "observatory",
	quantity: "seconds",
	help: "From the moment that an alert fired to the moment that it ceased to, by whether a remediation had worked.",
	labels: { severity, remediated: oneOf("yes", "no") },
	buckets: [60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 86400],
	emitter: "webhook",
	essential: true,
})

export const incidentVerdicts = gauge({
	name: "observatory_incident_verdicts",
	group: "observatory",
	quantity: "count",
	help: "Incidents that people judged within the last 30 days, by what they found them to be.",
	labels: { verdict: oneOf("true_positive", "false_positive", "expected") },
	emitter: "webhook",
	essential: true,
})

export const noticesOpen = gauge({
	name: "observatory_notices_open",
	group: "observatory",
	quantity: "count",
	help: "Notices that we keep standing in Alertmanager, by what they are about.",
	labels: { kind: oneOf("escalation", "approval", "remediation_failed", "emergency_stop") },
	emitter: "webhook",
})

export const noticesUnsent = gauge({
	name: "observatory_notices_unsent",
	group: "observatory",
	quantity: "count",
	help: "Notices that Alertmanager has not taken yet: pages that nobody has got.",
	labels: {},
	emitter: "webhook",
	essential: true,
})

export const inboxUnread = gauge({
	name: "observatory_inbox_unread",
	group: "observatory",
	quantity: "count",
	help: "Notifications in the console's inbox that nobody has read, because their channel is not configured.",
	labels: {},
	emitter: "webhook",
})

export const collectorsFailing = recording({
	name: "observatory:collectors_failing:count",
	quantity: "count",
	help: "Collectors whose latest run failed.",
	formula: "number of collectors with success = 0",
	expr: promql`count(min by (collector) (${collectorSuccess}) == 0) or 0 * count(${collectorSuccess})`,
	labels: [],
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
	help: "Mean time to acknowledgement over 30 days: from an incident to the first person who took it.",
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
	help: "Share of judged incidents of the last 30 days in which something was wrong; expected ones do not count.",
	formula: "true positives / (true positives + false positives)",
	window: "30d",
	expr: promql`max(${verdicts("true_positive")}) / (max(${verdicts("true_positive")}) + max(${verdicts("false_positive")}) > 0)`,
	labels: [],
})

/** What has to be watched by an alert: the four components, and the observatory's own parts. */
export const COVERED = [...COMPONENTS, "observatory"] as const

export const componentAlertRules = gauge({
	name: "observatory_component_alert_rules",
	group: "observatory",
	quantity: "count",
	help: "Critical and warning alerting rules whose component is this one, that Prometheus has loaded and evaluates without an error. A rule about any component at once, such as component_degraded, does not count.",
	labels: { component: oneOf(...COVERED) },
	emitter: "webhook",
})

export const alertCoverage = recording({
	name: "observatory:alert_coverage:ratio",
	quantity: "ratio",
	help: "Share of the critical components (database, opentelemetry, mcp_servers, github_actions and the observatory itself) that at least one critical or warning alert watches right now.",
	formula: "components with an alerting rule / components",
	expr: promql`avg(max by (component) (${componentAlertRules}) > bool 0)`,
	labels: [],
})

export default subject({
	title: "The observatory itself",
	series: [
		collectorSuccess,
		collectorDuration,
		collectorLastSuccess,
		labelValuesFolded,
		buildInfo,
		httpRequestDuration,
		notificationsReceived,
		alertsReceived,
		alertsTruncated,
		reconciliations,
		reconciledIncidents,
		incidentsOpen,
		heartbeatReceived,
		remediations,
		remediationsWithheld,
		controlState,
		gateSelfTestLastSuccess,
		escalationsTold,
		acknowledgementsExpired,
		escalationsLate,
		incidentDetection,
		incidentAcknowledgement,
		incidentResolution,
		incidentVerdicts,
		noticesOpen,
		noticesUnsent,
		inboxUnread,
		componentAlertRules,
	],
	recordings: [
		collectorsFailing,
		meanTimeToDetect,
		meanTimeToAcknowledge,
		meanTimeToResolve,
		alertPrecision,
		alertCoverage,
	],
	paths: [
		path({
			path: "observatory.collectorsFailing",
			quantity: "count",
			help: collectorsFailing.help,
			value: { of: collectorsFailing },
		}),
		path({
			path: "observatory.noticesUnsent",
			quantity: "count",
			help: noticesUnsent.help,
			value: { of: noticesUnsent },
		}),
		path({
			path: "observatory.escalationsLate",
			quantity: "count",
			help: "Escalations that were found not to have moved when they should have; use increase(path, window) in conditions.",
			value: { of: escalationsLate },
			counter: { of: escalationsLate },
		}),
	],
})
