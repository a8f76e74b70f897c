import { type Caller, may } from "../../../domain/access/roles.ts"
import { showMatchers } from "../../../domain/matchers.ts"
import type { MaintenanceWindow } from "../../../store/maintenance.ts"
import { type Html, html } from "../kit/html.ts"
import { absolute } from "../kit/time.ts"

export interface MaintenanceView {
	readonly windows: readonly MaintenanceWindow[]
	readonly caller: Caller
	readonly csrf: string
	readonly now: number
}

/** The maintenance windows, and the form that creates one. */
export function maintenanceCard({ windows, caller, csrf, now }: MaintenanceView): Html {
	const responder = may(caller.role, "responder")
	return html`<section class="card" id="maintenance"><h2>Maintenance windows</h2>
<p class="soft">A window suppresses matching incidents: they are recorded, without remediation and pages. An alert that still fires at the end of the window escalates.</p>
${windows.length > 0 && html`<ul class="policies">${windows.map((window) => row(window, responder, csrf, now))}</ul>`}
${
	responder &&
	html`<form class="window" method="post" action="/maintenance"><input type="hidden" name="csrf" value="${csrf}">
<label>Matchers <input name="matchers" required maxlength="2000" placeholder='component="database"'></label>
<label>From (UTC), now when empty <input name="startsAt" type="datetime-local"></label>
<label>Until (UTC) <input name="endsAt" type="datetime-local" required></label>
<label>Why <input name="reason" required maxlength="500"></label>
<button>Create window</button></form>`
}
</section>`
}

function row(window: MaintenanceWindow, responder: boolean, csrf: string, now: number): Html {
	const { id, matchers, startsAt, endsAt, reason, createdBy, endedBy, endedAt } = window
	const state = endedAt || endsAt.getTime() <= now ? "ended" : startsAt.getTime() > now ? "scheduled" : "active"
	return html`<li><div><strong>${reason}</strong> <span class="badge ${state === "active" ? "state-open" : "state-done"}">${state}</span>
<p class="soft"><code>${showMatchers(matchers)}</code></p>
<p class="soft">${absolute(startsAt)} to ${absolute(endsAt)}, by ${createdBy}${endedBy && html`; ended by ${endedBy}`}</p></div>
${responder && state !== "ended" && html`<form method="post" action="/maintenance/${id}/end"><input type="hidden" name="csrf" value="${csrf}"><button>${state === "active" ? "End now" : "Cancel"}</button></form>`}</li>`
}
