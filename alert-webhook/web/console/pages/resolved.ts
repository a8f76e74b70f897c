import type { Incident } from "../../../store/incidents/list.ts"
import { type Html, html } from "../kit/html.ts"
import { row } from "./overview.ts"

export interface ResolvedView {
	readonly incidents: readonly Incident[]
	readonly nextCursor: number | null
	readonly now: number
}

/** Resolved incidents, newest first. */
export function resolvedPage({ incidents, nextCursor, now }: ResolvedView): Html {
	if (incidents.length === 0)
		return html`<h1>Resolved</h1><p class="empty">Nothing has been resolved yet. An incident comes here when its alert stops firing.</p>`
	return html`<h1>Resolved</h1>
<ul class="incidents resolved">${incidents.map((incident) => row(incident, { now, csrf: "", role: "viewer" }))}</ul>
${nextCursor !== null && html`<p class="more"><a href="/resolved?cursor=${nextCursor}">Older incidents</a></p>`}`
}
