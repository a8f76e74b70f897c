import { SEVERITIES, type Severity } from "../../../core/alerts/schema.ts"
import { promql } from "../../../core/catalogue/promql.ts"
import { incidentsOpen } from "../../../core/catalogue/subjects/incidents.ts"
import { builtIn, formula, latest, vector } from "../../kit/query.ts"
import { none, plain, type Steps, some } from "../../kit/thresholds.ts"
import { stat } from "../../kit/visuals.ts"
import { ALERTS } from "../uids.ts"

/** Firing alerts without the heartbeats, which always fire. */
export const firing = (matchers = "") => builtIn("ALERTS", `alertstate="firing",heartbeat=""${matchers}`)

const COLOURS: Readonly<Record<Severity, Steps>> = { critical: none, warning: some, info: plain }

/** The same for words in a table. */
export const SEVERITY_COLOURS: Readonly<Record<Severity, string>> = { critical: "red", warning: "orange", info: "blue" }

/** Worst first. Only severities that need a response are coloured; information is never bad news. */
const bySeverity = SEVERITIES.map((severity) => COLOURS[severity])

export const firingNow = stat({
	key: "alerts-firing",
	title: "Alerts Firing",
	empty: "No data from Prometheus",
	shows: SEVERITIES.map((severity) =>
		formula(promql`count(${firing(`,severity="${severity}"`)}) or vector(0)`, {
			measure: "count",
			legend: severity,
			meaning: "Alerts that fire now in Prometheus, by severity.",
		}),
	),
	stepsOf: bySeverity,
})

/** Open incidents, worst first; those of a severity that is none of ours only while there are any. */
export const openIncidents = ({ detail }: { detail: boolean }) =>
	stat({
		key: "open-incidents",
		title: "Open Incidents",
		empty: "No data from the alert webhook",
		...(detail ? { detail: ALERTS } : {}),
		shows: [
			...SEVERITIES.map((severity) => latest(incidentsOpen, { where: { severity }, legend: severity })),
			formula(promql`max(${vector(incidentsOpen, { severity: "other" })}) > 0`, {
				measure: "count",
				legend: "other",
				meaning: incidentsOpen.help,
			}),
		],
		stepsOf: bySeverity,
	})
