import { promql } from "../../core/catalogue/promql.ts"
import { inboxUnread } from "../../core/catalogue/subjects/incidents.ts"
import { alertsReceived, heartbeatReceived, notificationsReceived } from "../../core/catalogue/subjects/intake.ts"
import { alertList } from "../kit/alertlist.ts"
import type { Board } from "../kit/board.ts"
import { band } from "../kit/layout.ts"
import { builtIn, formula, increase, latest, occurred } from "../kit/query.ts"
import { colouredText, vectorTable } from "../kit/tables.ts"
import { atMost } from "../kit/thresholds.ts"
import { UNITS } from "../kit/units.ts"
import { stat, timeseries } from "../kit/visuals.ts"
import { controlNow } from "./panels/control.ts"
import { pages, unsent } from "./panels/response.ts"
import { firing, firingNow, openIncidents, SEVERITY_COLOURS } from "./panels/severities.ts"
import { ALERTS, OPERATIONS, RESPONSE, SYSTEM } from "./uids.ts"

const inbox = stat({
	key: "inbox-unread",
	title: "Unread in the Inbox",
	empty: "No data from the alert webhook",
	shows: [latest(inboxUnread, { legend: "Unread" })],
})

/** 0 means never; as a time it would show as half a century ago. */
const heartbeat = stat({
	key: "heartbeat",
	title: "Time Since Last Heartbeat",
	note: "An alert that always fires proves the whole way from Prometheus through Alertmanager to the webhook.",
	empty: "No heartbeat has arrived",
	shows: [
		formula(promql`time() - max(${heartbeatReceived} > 0)`, {
			measure: "age",
			legend: "Heartbeat",
			meaning: "How long ago the heartbeat last arrived at the webhook.",
		}),
	],
	thresholds: atMost({ warning: 300, critical: 600 }),
})

const everyAlert = alertList({
	key: "every-alert",
	title: "Active Alerts",
	note: "Every alert that fires or is about to. Open one for what it means and its runbook.",
	empty: "No alerts",
	severities: ["critical", "warning", "info"],
})

const since = vectorTable({
	key: "alerts-since",
	title: "Active For",
	empty: "No alerts",
	shows: formula(promql`sort_desc(time() - ${builtIn("ALERTS_FOR_STATE", 'heartbeat=""')})`, {
		measure: "age",
		legend: "{{alertname}}",
		meaning: "How long the condition of each pending or firing alert has been true.",
	}),
	labels: { alertname: "Alert", severity: "Severity" },
	value: "Active for",
	columns: {
		Severity: [...colouredText(SEVERITY_COLOURS), { id: "custom.width", value: 110 }],
		"Active for": [
			{ id: "unit", value: UNITS.age },
			{ id: "custom.width", value: 120 },
		],
	},
})

const history = timeseries({
	key: "alerts-history",
	title: "Firing Over Time",
	empty: "No alert has fired in this time range",
	stacked: true,
	shows: [
		formula(promql`count by (alertname) (${firing()})`, {
			measure: "count",
			legend: "{{alertname}}",
			meaning: "Alerts that fired, by name.",
		}),
	],
})

const notifications = timeseries({
	key: "notifications",
	title: "Notifications per Hour",
	empty: "No notification has arrived in the last hour of any moment shown",
	shows: [occurred(increase(notificationsReceived, { by: ["result"] }))],
})

const alerts1h = timeseries({
	key: "alerts-received",
	title: "Alerts in Notifications per Hour",
	empty: "No notification has arrived in the last hour of any moment shown",
	shows: [occurred(increase(alertsReceived, { by: ["status", "result"] }))],
})

export const alertManagement: Board = {
	uid: ALERTS,
	title: "Alert Management",
	role: "operations",
	description: "Which alerts fire, since when, and do their notifications arrive?",
	refresh: "30s",
	from: "now-24h",
	next: [
		{ title: "Incident response", uid: RESPONSE },
		{ title: "Operations", uid: OPERATIONS },
		{ title: "System health", uid: SYSTEM },
	],
	items: [
		band(4, firingNow, openIncidents({ detail: false }), inbox, heartbeat),
		band(9, everyAlert, since),
		band(4, controlNow, unsent, pages),
		band(8, history),
		band(8, notifications, alerts1h),
	],
}
