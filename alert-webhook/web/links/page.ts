import type { Incident } from "../../store/incidents/list.ts"
import type { WaitingCall } from "../../store/tool-calls.ts"
import { html } from "../console/kit/html.ts"
import { bare } from "../console/kit/layout.ts"
import { severityBadge, summaryOf } from "../console/kit/parts.ts"
import { since } from "../console/kit/time.ts"
import { callText } from "../console/pages/calls.ts"

export interface AcknowledgeView {
	readonly incident: Incident
	/** Contacts or channels that the link was sent to. */
	readonly recipients: string
	readonly now: number
}

const about = (incident: Incident) => html`<h1>${incident.alertname}</h1>
<p class="lead">${summaryOf(incident)}</p>`

/** Asks for a confirmation. The form posts to the page's own address. */
export function acknowledgePage({ incident, recipients, now }: AcknowledgeView): string {
	const { id, status, severity, startsAt, acknowledgedAt, acknowledgedBy } = incident
	return bare(
		`Acknowledge ${incident.alertname}`,
		html`${about(incident)}
<p>${severityBadge(severity)}${status === "firing" && html` for ${since(startsAt, now)}`}</p>
${
	status !== "firing"
		? html`<p>This incident is resolved. There is nothing to acknowledge.</p>`
		: acknowledgedAt
			? html`<p>${acknowledgedBy} has acknowledged it already.</p>`
			: html`<form method="post"><button class="primary">Acknowledge</button></form>
<p class="hint">Escalation waits while the incident is acknowledged. The audit log names the signed link of ${recipients}.</p>`
}
<p><a href="/incidents/${id}">Incident ${id} on the console</a></p>`,
	)
}

/** Shows who has acknowledged the incident: another person may have been first. */
export const acknowledgedPage = (incident: Incident): string =>
	bare(
		`${incident.alertname} is acknowledged`,
		html`${about(incident)}
<p role="status"><strong>Acknowledged</strong> by ${incident.acknowledgedBy}.</p>
<p><a href="/incidents/${incident.id}">Incident ${incident.id} on the console</a></p>`,
	)

/** The whole call, and the form that decides about it. Opening the page changes nothing. */
export const callPage = (call: WaitingCall): string =>
	bare(
		"Approve one call?",
		html`<h1>Approve one call?</h1>
${callText(call)}
${
	call.state === "waiting"
		? html`<form method="post"><button class="primary" name="decision" value="approved">Approve this call</button> <button name="decision" value="refused">Refuse</button></form>
<p class="hint">The approval is for this call only, once. The audit log names the signed link.</p>`
		: html`<p role="status"><strong>${call.state}</strong>${call.decidedBy && html` by ${call.decidedBy}`}. There is nothing to decide.</p>`
}`,
	)
