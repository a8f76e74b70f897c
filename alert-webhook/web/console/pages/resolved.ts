import type { Incident } from "../../../store/incidents/list.ts"
import { type Html, html } from "../kit/html.ts"
import { row } from "./overview.ts"
import { isActive, queryOf, type Search, searchForm, searchNote } from "./search.ts"

export interface ResolvedView {
	readonly incidents: readonly Incident[]
	readonly nextCursor: number | null
	readonly search: Search
	/** The list starts with older incidents. */
	readonly continued: boolean
	readonly now: number
}

/** Resolved incidents, newest first. */
export function resolvedPage({ incidents, nextCursor, search, continued, now }: ResolvedView): Html {
	if (incidents.length === 0 && !isActive(search) && !continued)
		return html`<h1>Resolved</h1><p class="empty">Nothing has been resolved yet. An incident comes here when its alert stops firing.</p>`
	const found = incidents.length > 0 ? "Resolved incidents that match" : "No resolved incident here matches"
	return html`<h1>Resolved</h1>
${searchForm(search, "/resolved")}
${searchNote(search, "/resolved", found)}
<ul class="incidents resolved">${incidents.map((incident) => row(incident, { now, csrf: "", role: "viewer" }))}</ul>
${nextCursor !== null && html`<p class="more"><a href="/resolved?${queryOf(search, nextCursor)}">${isActive(search) ? "Search older incidents" : "Older incidents"}</a></p>`}`
}
