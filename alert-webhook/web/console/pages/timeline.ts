import type { ClockStep } from "../../../../core/alerts/timing.ts"
import { inShort } from "../../../domain/anomaly/words.ts"
import type { EscalationReason } from "../../../domain/escalation/next.ts"
import type { EventKind, EventOf } from "../../../domain/incident-event.ts"
import { explainReason } from "../../../domain/remediation/decide.ts"
import { VERDICT_TEXT } from "../../../domain/verdict.ts"
import type { TimelineEntry } from "../../../store/incidents/get.ts"
import { type Html, html } from "../kit/html.ts"
import { absolute, ago, span } from "../kit/time.ts"

const WHY: Readonly<Record<EscalationReason, string>> = {
	due: "",
	remediation_failed: " at once: the remediation failed",
	repeat: " (repeat)",
	acknowledgement_expired: " again: the acknowledgement expired",
}

/** The origin of a measured onset. */
const ONSET: Readonly<Record<string, string>> = {
	source: "Onset: the source last saw it well",
	scrape: "Onset: the last scrape that succeeded",
	rule: "Onset: the condition is true for the first time",
}

const SLOW: Readonly<Record<ClockStep, string>> = {
	condition: "From the onset to a true condition it",
	duration: "From pending to firing it",
	notification: "From firing to the first channel it",
}

/** The text of each kind of event. */
const TEXT: { readonly [Kind in EventKind]: (event: Omit<EventOf<Kind>, "kind">) => string } = {
	onset: ({ certainty, from }) =>
		certainty === "bounded" ? "Onset, or earlier: the observatory had just started" : (ONSET[from] ?? "Onset"),
	pending: () => "Pending: the condition is true",
	fired: () => "Fired",
	notified: ({ channel, evidence }) =>
		`Notified ${channel}${evidence === "page" ? " by a page" : evidence === "counter" ? " at the latest" : ""}`,
	promise_broken: ({ step, tookMs, promisedMs }) =>
		`${SLOW[step] ?? step} took ${span(tookMs)}; the alert promises ${span(promisedMs)}`,
	received: ({ receiver, reason }) =>
		reason ? `Received without a notification: ${reason}` : `Received${receiver ? ` for ${receiver}` : ""}`,
	resolved: ({ reason }) => `Resolved${reason ? `: ${reason}` : ""}`,
	scored: ({ assessments }) =>
		`Anomaly scores: ${assessments.length > 0 ? assessments.map(inShort).join("; ") : "none"}`,
	acknowledged: () => "Acknowledged",
	acknowledgement_expired: ({ by }) => `Acknowledgement of ${by} expired`,
	escalated: ({ level, why, channels }) =>
		`Escalated to level ${level}${WHY[why] ?? ""}${channels.length > 0 ? `, on ${channels.join(", ")}` : "; the alert itself goes to its channels"}`,
	escalation_ended: ({ policy }) => `Escalation ended: the policy ${policy} no longer exists, and no other applies`,
	suppressed: ({ reason, until }) => `Suppressed by maintenance until ${until}: ${reason}`,
	resumed: () => "Maintenance ended; the alert still fires",
	closed: ({ verdict, note }) => `Closed: ${VERDICT_TEXT[verdict] ?? verdict}${note ? ` (${note})` : ""}`,
	remediation_withheld: ({ action, reason }) => `${action} withheld: ${explainReason(String(reason))}`,
	remediation_shadowed: ({ action, target }) => `${action} on ${target} not run: shadow mode`,
	remediation_awaiting_approval: ({ action, target }) => `${action} on ${target} waits for approval`,
	remediation_approved: ({ action, target }) => `${action} on ${target} approved`,
	remediation_refused: ({ action }) => `${action} refused`,
	remediation_expired: ({ action }) => `${action} expired`,
	remediation_running: ({ action, target }) => `${action} on ${target} started`,
	remediation_verifying: ({ action }) => `${action} done; verifying`,
	remediation_succeeded: ({ action, reason }) => `${action} succeeded${reason ? `: ${reason}` : ""}`,
	remediation_failed: ({ action, reason }) => `${action} failed: ${reason}`,
}

/** One event of an incident, as a list item. A kind that this release does not know shows its name. */
export function timelineItem({ kind, actor, at, details }: TimelineEntry, now: number): Html {
	const text = Object.hasOwn(TEXT, kind)
		? (TEXT[kind as EventKind] as (event: typeof details) => string)(details)
		: kind
	return html`<li class="step-${kind}"><div><strong>${text}</strong> <span class="by">${actor}</span></div>
<div class="when">${ago(at, now)} <span class="abs">${absolute(at)}</span></div></li>`
}
