import {
	escalationsLate,
	incidentAcknowledgement,
	incidentDetection,
	incidentPromisesBroken,
	incidentResolution,
	incidentSteps,
	incidentVerdicts,
} from "../../core/catalogue/subjects/incidents.ts"
import { componentAlertRules } from "../../core/catalogue/subjects/intake.ts"
import type { Board } from "../kit/board.ts"
import { band } from "../kit/layout.ts"
import { latest, quantile } from "../kit/query.ts"
import { atLeast, none } from "../kit/thresholds.ts"
import { stat, timeseries } from "../kit/visuals.ts"
import { scoring, unusual } from "./panels/anomalies.ts"
import { controlNow, gateAge } from "./panels/control.ts"
import { counted, escalations, pages, remediationsPerHour, unsent, withheldPerHour } from "./panels/response.ts"
import { acknowledge, coverage, detect, precision, resolve } from "./panels/targets.ts"
import { ALERTS, OPERATIONS, RESPONSE } from "./uids.ts"

const empty = "No data from the alert webhook"

const late = stat({
	key: "escalations-late",
	title: "Late Escalations",
	empty,
	shows: [counted(escalationsLate, [], "Late")],
	thresholds: none,
})

const covering = stat({
	key: "component-alert-rules",
	title: "Alert Rules by Component",
	empty,
	shows: [latest(componentAlertRules, { by: ["component"], legend: "{{component}}" })],
	thresholds: atLeast({ good: 1, warning: 1, critical: 1 }),
})

const times = timeseries({
	key: "incident-times",
	title: "Incident Duration",
	empty: "No incident has ended in this time range",
	shows: [
		quantile(incidentDetection, 0.9, { by: ["onset"], legend: "until notified, onset {{onset}}" }),
		quantile(incidentAcknowledgement, 0.9, { legend: "until acknowledged" }),
		quantile(incidentResolution, 0.9, { by: ["remediated"], legend: "until resolved, remediated: {{remediated}}" }),
	],
})

const steps = timeseries({
	key: "incident-steps",
	title: "Time From Onset to Each Step",
	empty: "No incident has ended in this time range",
	shows: [quantile(incidentSteps, 0.9, { by: ["step"], legend: "{{step}}" })],
})

const broken = timeseries({
	key: "promises-broken",
	title: "Steps Slower Than the Alert Promises",
	empty,
	shows: [counted(incidentPromisesBroken, ["alertname", "step"], "{{alertname}}: {{step}}")],
})

const verdicts = timeseries({
	key: "incident-verdicts",
	title: "Incident Verdicts",
	empty,
	shows: [latest(incidentVerdicts, { by: ["verdict"] })],
})

export const incidentResponse: Board = {
	uid: RESPONSE,
	title: "Incident Response",
	role: "operations",
	description: "Are incidents detected, acknowledged and resolved in time, and is the response itself reliable?",
	refresh: "30s",
	from: "now-24h",
	next: [
		{ title: "Alerts", uid: ALERTS },
		{ title: "Operations", uid: OPERATIONS },
	],
	items: [
		band(4, controlNow, gateAge, pages),
		band(4, unsent, late, precision),
		band(4, detect, acknowledge, resolve),
		band(4, coverage, covering),
		band(8, times, verdicts),
		band(8, steps, broken),
		band(8, remediationsPerHour, withheldPerHour, escalations),
		band(8, unusual, scoring),
	],
}
