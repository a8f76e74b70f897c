import type { Upcoming } from "../../../workflows/escalation/upcoming.ts"
import { type Html, html } from "../kit/html.ts"
import { absolute, span } from "../kit/time.ts"

const NONE = {
	no_policy: "No one: no escalation policy applies to this alert.",
	closed: "No one: its escalation has ended.",
	acknowledged: "No one: the acknowledgement lasts until the incident is resolved.",
	all_paged: "No one: every level was paged, and the policy has no repeat.",
}

const WHY = {
	due: "unless a person acknowledges the incident",
	repeat: "again, unless a person acknowledges the incident",
	remediation_failed: "because a remediation failed",
	acknowledgement_expired: "when the acknowledgement expires",
}

/** Who is paged next, and when. */
export function upcomingSection(upcoming: Upcoming | undefined, now: number): Html | false {
	if (!upcoming) return false
	return html`<section class="upcoming"><h2>Paged next</h2>${sentence(upcoming, now)}</section>`
}

function sentence(upcoming: Upcoming, now: number): Html {
	if (upcoming.kind === "none") return html`<p>${NONE[upcoming.because]}</p>`
	if (upcoming.kind === "maintenance")
		return html`<p>No one until the maintenance window ends, <span class="abs">${absolute(upcoming.until)}</span>.</p>`
	const { at, level, levels, why, contacts, channels } = upcoming
	const who = contacts.length > 0 ? contacts.join(", ") : `level ${level}`
	const on = channels.length > 0 ? `on ${channels.join(", ")}` : "on the channels of the alert itself"
	const due = at.getTime() <= now ? "now" : `in ${span(at.getTime() - now)}`
	return html`<p><strong>${who}</strong> ${due}, ${on}, ${WHY[why]}. <span class="soft">Level ${level} of ${levels}</span> <span class="abs soft">${absolute(at)}</span></p>`
}
