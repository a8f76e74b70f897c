import { atMost, counter, gauge, oneOf, recording, subject } from "../define.ts"
import { promql } from "../promql.ts"
import { COMPONENTS } from "./components.ts"

export const notificationsReceived = counter({
	name: "observatory_notifications_received_total",
	group: "observatory",
	quantity: "count",
	help: "Alertmanager notifications at the webhook, by result.",
	labels: { result: oneOf("accepted", "unauthorized", "malformed", "too_large", "unavailable") },
	emitter: "webhook",
	essential: true,
})

export const alertsReceived = counter({
	name: "observatory_alerts_received_total",
	group: "observatory",
	quantity: "count",
	help: "Alerts inside accepted notifications, by result: a repeat was known already, a page is one that we sent ourselves.",
	labels: { status: oneOf("firing", "resolved"), result: oneOf("new", "repeat", "malformed", "heartbeat", "page") },
	emitter: "webhook",
	essential: true,
})

export const unfoundedLabels = counter({
	name: "observatory_alert_labels_ignored_total",
	group: "observatory",
	quantity: "count",
	help: "Labels of received alerts that were ignored, because no alert of that name in Prometheus has them: an alert of another sender chooses neither an escalation policy nor to be a heartbeat.",
	labels: { label: oneOf("escalation", "heartbeat") },
	emitter: "webhook",
})

export const alertsTruncated = counter({
	name: "observatory_alerts_truncated_total",
	group: "observatory",
	quantity: "count",
	help: "Alerts that Alertmanager left out of notifications because of the receiver's max_alerts, and that the webhook then read from its API.",
	labels: {},
	emitter: "webhook",
})

export const reconciliations = counter({
	name: "observatory_reconciliations_total",
	group: "observatory",
	quantity: "count",
	help: "Comparisons of incidents with the alerts of Alertmanager; a failed one, such as while Alertmanager is down, changes nothing.",
	labels: { result: oneOf("done", "failed") },
	emitter: "webhook",
})

export const reconciledIncidents = counter({
	name: "observatory_reconciled_incidents_total",
	group: "observatory",
	quantity: "count",
	help: "Incidents that were not in step with Alertmanager: closed because it no longer knew their alert, or ingested because no notification had arrived.",
	labels: { change: oneOf("closed", "ingested") },
	emitter: "webhook",
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

/** Everything that needs an alert: the four components, and the observatory's own services. */
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
	title: "Alerts as they arrive",
	series: [
		notificationsReceived,
		alertsReceived,
		unfoundedLabels,
		alertsTruncated,
		reconciliations,
		reconciledIncidents,
		heartbeatReceived,
		componentAlertRules,
	],
	recordings: [alertCoverage],
	paths: [],
})
