import { promql } from "../../../core/catalogue/promql.ts"
import {
	acknowledgementsExpired,
	escalationsPaged,
	pageSilences,
	pagesOpen,
	pagesUnsent,
} from "../../../core/catalogue/subjects/incidents.ts"
import { remediations, remediationsWithheld } from "../../../core/catalogue/subjects/remediation.ts"
import type { LabelSpecs, SeriesSpec } from "../../../core/catalogue/types.ts"
import { formula, latest, occurred } from "../../kit/query.ts"
import { none } from "../../kit/thresholds.ts"
import { stat, timeseries } from "../../kit/visuals.ts"

const empty = "No data from the alert webhook"

/** A counter that lives in the database is exported by every replica of the webhook: one of them is enough. */
export const counted = <L extends LabelSpecs>(
	of: SeriesSpec<L, "counter">,
	by: readonly (keyof L & string)[],
	name: string,
) =>
	formula(promql`sum by (${by.join(", ")}) (max without (instance) (increase(${of}[1h])))`, {
		measure: of.quantity,
		legend: name,
		meaning: `${of.help} Increase over 1h.`,
		step: "1m",
	})

export const unsent = stat({
	key: "pages-unsent",
	title: "Undelivered Pages",
	empty,
	shows: [latest(pagesUnsent, { legend: "Unsent" }), latest(pageSilences, { legend: "Silences over them" })],
	thresholds: none,
})

export const pages = stat({
	key: "pages-open",
	title: "Open Pages",
	empty,
	shows: [
		latest(pagesOpen, { where: { kind: "emergency_stop" }, legend: "stop" }),
		latest(pagesOpen, { where: { kind: "escalation" }, legend: "escalated" }),
		latest(pagesOpen, { where: { kind: "approval" }, legend: "to approve" }),
		latest(pagesOpen, { where: { kind: "remediation_failed" }, legend: "failed" }),
		latest(pagesOpen, { where: { kind: "heartbeat_lost" }, legend: "no heartbeat" }),
		latest(pagesOpen, { where: { kind: "pages_silenced" }, legend: "silenced" }),
	],
})

export const escalations = timeseries({
	key: "escalations",
	title: "Escalations per Hour by Level",
	empty: "Nothing has been escalated in the last hour of any moment shown",
	shows: [
		occurred(counted(escalationsPaged, ["level"], "level {{level}}")),
		occurred(counted(acknowledgementsExpired, [], "acknowledgement expired")),
	],
})

/** Only what happened: of the many ways that a remediation can end, most never occur. */
export const remediationsPerHour = timeseries({
	key: "remediations",
	title: "Remediations per Hour",
	empty: "No remediation in the last hour of any moment shown",
	shows: [occurred(counted(remediations, ["action", "outcome"], "{{action}} {{outcome}}"))],
})

export const withheldPerHour = timeseries({
	key: "remediations-withheld",
	title: "Withheld Remediations per Hour by Reason",
	empty: "No remediation was withheld in the last hour of any moment shown",
	shows: [occurred(counted(remediationsWithheld, ["reason"], "{{reason}}"))],
})
