import { promql } from "../../core/catalogue/promql.ts"
import {
	acknowledgementsExpired,
	alertPrecision,
	controlState,
	escalationsLate,
	escalationsTold,
	gateSelfTestLastSuccess,
	incidentAcknowledgement,
	incidentDetection,
	incidentResolution,
	incidentVerdicts,
	meanTimeToAcknowledge,
	meanTimeToDetect,
	meanTimeToResolve,
	noticesOpen,
	noticesUnsent,
	remediations,
	remediationsWithheld,
} from "../../core/catalogue/subjects/observatory.ts"
import type { LabelSpecs, SeriesSpec } from "../../core/catalogue/types.ts"
import type { Board } from "../kit/board.ts"
import { band } from "../kit/layout.ts"
import { formula, latest, quantile, recorded } from "../kit/shown.ts"
import { atLeast, atMost, none } from "../kit/thresholds.ts"
import { stat, timeseries } from "../kit/visuals.ts"
import { ALERTS, OPERATIONS, RESPONSE } from "./uids.ts"

const empty = "No data from the alert webhook"

/** A counter that lives in the database is exported by every replica of the webhook: one of them is enough. */
const counted = <L extends LabelSpecs>(of: SeriesSpec<L, "counter">, by: readonly (keyof L & string)[], name: string) =>
	formula(promql`sum by (${by.join(", ")}) (max without (instance) (increase(${of}[1h])))`, {
		measure: of.quantity,
		legend: by.map((label) => `{{${label}}}`).join(" ") || name,
		meaning: `${of.help} Increase over 1h.`,
		step: "1m",
	})

const standing = stat({
	key: "control-state",
	title: "Autonomous Work",
	note: "1 is what holds: run, pause, or stop after an emergency stop that nobody has released.",
	empty,
	shows: [latest(controlState, { by: ["state"] })],
})

const gate = stat({
	key: "gate-self-test",
	title: "Since the Gate Proved Itself",
	empty: "The gate has not proved itself yet",
	shows: [
		formula(promql`time() - min(${gateSelfTestLastSuccess} > 0)`, {
			measure: "age",
			legend: "Self-test",
			meaning:
				"How long ago the gate last proved that it denies tool calls when it must; of several hosts, the longest.",
		}),
	],
	thresholds: atMost({ warning: 180, critical: 600 }),
})

const unsent = stat({
	key: "notices-unsent",
	title: "Pages Nobody Got",
	empty,
	shows: [latest(noticesUnsent, { legend: "Unsent" })],
	thresholds: none,
})

const late = stat({
	key: "escalations-late",
	title: "Late Escalations",
	empty,
	shows: [counted(escalationsLate, [], "Late")],
	thresholds: none,
})

const detect = stat({
	key: "mean-time-to-detect",
	title: "Mean Time to Detection",
	empty: "No incident has ended yet",
	shows: [recorded(meanTimeToDetect, "MTTD")],
	thresholds: atMost({ warning: 150, critical: 300 }),
})

const take = stat({
	key: "mean-time-to-acknowledge",
	title: "Mean Time to Acknowledgement",
	empty: "Nobody has taken an incident yet",
	shows: [recorded(meanTimeToAcknowledge, "MTTA")],
	thresholds: atMost({ warning: 900, critical: 3_600 }),
})

const resolve = stat({
	key: "mean-time-to-resolve",
	title: "Mean Time to Resolution",
	empty: "No incident has ended yet",
	shows: [recorded(meanTimeToResolve, "MTTR")],
	thresholds: atMost({ warning: 1_200, critical: 1_800 }),
})

const precision = stat({
	key: "alert-precision",
	title: "Alert Precision",
	empty: "Nobody has judged an incident yet",
	shows: [recorded(alertPrecision, "Precision")],
	thresholds: atLeast({ good: 0.95, warning: 0.9, critical: 0.8 }),
})

const times = timeseries({
	key: "incident-times",
	title: "How Long Incidents Take",
	empty: "No incident has ended in this time range",
	shows: [
		quantile(incidentDetection, 0.9, { legend: "until known" }),
		quantile(incidentAcknowledgement, 0.9, { legend: "until taken" }),
		quantile(incidentResolution, 0.9, { by: ["remediated"], legend: "until over, remediated: {{remediated}}" }),
	],
})

const judged = timeseries({
	key: "incident-verdicts",
	title: "What Incidents Were",
	empty,
	shows: [latest(incidentVerdicts, { by: ["verdict"] })],
})

const done = timeseries({
	key: "remediations",
	title: "Remediations",
	empty,
	shows: [counted(remediations, ["action", "outcome"], "")],
})

const withheld = timeseries({
	key: "remediations-withheld",
	title: "Withheld, and Why",
	empty,
	shows: [counted(remediationsWithheld, ["reason"], "")],
})

const told = timeseries({
	key: "escalations",
	title: "Escalations by Level",
	empty,
	shows: [counted(escalationsTold, ["level"], ""), counted(acknowledgementsExpired, [], "acknowledgement expired")],
})

const notices = timeseries({
	key: "notices",
	title: "What People Are Being Told",
	empty,
	shows: [latest(noticesOpen, { by: ["kind"] })],
})

export const incidentResponse: Board = {
	uid: RESPONSE,
	title: "Incident Response",
	role: "operations",
	description: "Is what goes wrong found, taken and repaired in time, and can the machinery that does it be trusted?",
	refresh: "30s",
	from: "now-24h",
	next: [
		{ title: "Alerts", uid: ALERTS },
		{ title: "Operations", uid: OPERATIONS },
	],
	items: [
		band(4, standing, gate, unsent, late),
		band(4, detect, take, resolve, precision),
		band(8, times, judged),
		band(8, done, withheld),
		band(8, told, notices),
	],
}
