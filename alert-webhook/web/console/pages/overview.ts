import { may } from "../../../domain/access/roles.ts"
import { needsResponse, SEVERITIES, type Severity, severityOf } from "../../../domain/severity.ts"
import type { Incident } from "../../../store/incidents/list.ts"
import { type Html, html } from "../kit/html.ts"
import { componentOf, demoBadge, severityBadge, severityIcon, summaryOf } from "../kit/parts.ts"
import { ago, since, span } from "../kit/time.ts"
import { isActive, type Search, searchForm, searchNote } from "./search.ts"

export interface Overview {
	/** Open incidents in the order in which they need people, as many as fit on a page. */
	readonly incidents: readonly Incident[]
	/** What the incidents are filtered by, and how many match. */
	readonly search: Search
	readonly matching: number
	/** The numbers of incidents that wait and that are acknowledged. */
	readonly waiting: number
	readonly acknowledged: number
	readonly counts: Readonly<Record<Severity, number>>
	/** The incident that was resolved last. */
	readonly lastResolved: Incident | undefined
	readonly unread: number
	/** The time of the latest heartbeat; undefined before the first. */
	readonly heartbeatAt: Date | undefined
	/** Silences in Alertmanager that keep pages from people. */
	readonly silences: number
	readonly role: "viewer" | "responder" | "admin"
	readonly csrf: string
	readonly now: number
}

/** The open incidents: those that wait first, the most severe first within that; those for information last. */
export function overview(view: Overview): Html {
	const total = SEVERITIES.reduce((sum, severity) => sum + view.counts[severity], 0)
	const silence = html`${silent(view)}${silenced(view)}`
	if (total === 0) return html`${silence}${quiet(view)}`
	const waiting = view.incidents.filter((incident) => needsResponse(incident) && incident.acknowledgedAt === null)
	const acknowledged = view.incidents.filter((incident) => needsResponse(incident) && incident.acknowledgedAt !== null)
	const selectable = waiting.length > 1 && may(view.role, "responder")
	const informational = view.incidents.filter((incident) => !needsResponse(incident))
	return html`${silence}<div class="headline">
<h1>${headline(view)}</h1>
<p class="tally">${SEVERITIES.filter((severity) => view.counts[severity] > 0).map(
		(severity) => html`<span class="${severity}">${severityIcon(severity)}${view.counts[severity]} ${severity}</span>`,
	)}</p>
</div>
${(total > 1 || isActive(view.search)) && searchForm(view.search, "/")}
${searchNote(view.search, "/", `${view.matching} of ${total} open incidents match`)}
${selectable && selectedForm(view.csrf)}
${waiting.length > 0 && html`<ul class="incidents" aria-label="Not acknowledged">${waiting.map((incident) => row(incident, { ...view, selectable }))}</ul>`}
${
	acknowledged.length > 0 &&
	html`<h2>Acknowledged</h2>
<ul class="incidents acknowledged" aria-label="Acknowledged">${acknowledged.map((incident) => row(incident, view))}</ul>`
}
${
	informational.length > 0 &&
	html`<h2>For information</h2>
<ul class="incidents acknowledged" aria-label="For information">${informational.map((incident) => row(incident, view))}</ul>`
}
${view.matching > view.incidents.length && html`<p class="note">The first ${view.incidents.length} of ${view.matching} are shown.</p>`}`
}

/** Heartbeats come each minute; several missed ones mean that alerts may not reach us. */
const SILENT_MS = 5 * 60_000

/** Warns when the heartbeat has stopped: an empty list must not look healthy then. */
function silent({ heartbeatAt, now }: Overview): Html | false {
	if (heartbeatAt === undefined || now - heartbeatAt.getTime() < SILENT_MS) return false
	return html`<p class="alarm" role="alert"><strong>Alerts may not be reaching this page.</strong> The heartbeat that Prometheus sends through Alertmanager each minute last arrived ${ago(heartbeatAt, now)}. Check both of them.</p>`
}

/** No page may be seen then. */
function silenced({ silences }: Overview): Html | false {
	if (silences === 0) return false
	return html`<p class="alarm" role="alert"><strong>Pages may not be reaching people.</strong> ${silences} ${silences === 1 ? "silence" : "silences"} in Alertmanager ${silences === 1 ? "applies" : "apply"} to the observatory's own pages or to its heartbeat; the audit log has the details. Expire what no one meant.</p>`
}

function headline({ waiting, acknowledged }: Overview): string {
	if (waiting === 0 && acknowledged === 0) return "No open incidents need a response"
	if (waiting === 0)
		return acknowledged === 1 ? "One incident, acknowledged" : `${acknowledged} incidents, all acknowledged`
	return waiting === 1 ? "One incident needs a response" : `${waiting} incidents need a response`
}

/** An incident in a list. The whole item is a link to its page; the button is above that. */
export function row(
	incident: Incident,
	view: Pick<Overview, "now" | "csrf" | "role"> & { readonly selectable?: boolean },
): Html {
	const { id, severity, alertname, labels, acknowledgedAt, acknowledgedBy, status, startsAt, endsAt } = incident
	const component = componentOf(labels)
	const open = status === "firing"
	const acknowledgeable = open && needsResponse(incident) && acknowledgedAt === null && may(view.role, "responder")
	return html`<li class="incident ${severityOf(severity)}">
${acknowledgeable && view.selectable && html`<label class="pick"><input type="checkbox" name="ids" value="${id}" form="${SELECTED}" aria-label="Select ${alertname}"></label>`}
${severityIcon(severity)}
<div class="what">
<h3><a href="/incidents/${id}">${alertname}</a> ${demoBadge(incident)}</h3>
<p class="summary">${summaryOf(incident) ?? "The alert came without a summary."}</p>
<p class="meta"><span class="sevname">${severity}</span>${component && html`<span>${component}</span>`}${
		open
			? html`<span>for ${since(startsAt, view.now)}</span>`
			: html`<span>lasted ${span((endsAt ?? startsAt).getTime() - startsAt.getTime())}</span><span>${ago(endsAt ?? startsAt, view.now)}</span>`
	}${acknowledgedAt && html`<span class="by">acknowledged by ${acknowledgedBy}</span>`}</p>
</div>
${acknowledgeable && acknowledgeForm(id, view.csrf, alertname)}
</li>`
}

/** The form of the check boxes in the list; each incident has a form of its own, and forms cannot be nested. */
const SELECTED = "selected"

const selectedForm = (
	csrf: string,
): Html => html`<form class="selected" id="${SELECTED}" method="post" action="/incidents/acknowledge">
<input type="hidden" name="csrf" value="${csrf}">
<label class="all"><input type="checkbox" data-all> All</label>
<button>Acknowledge selected</button>
</form>`

export const acknowledgeForm = (
	id: number,
	csrf: string,
	what: string,
): Html => html`<form method="post" action="/incidents/${id}/acknowledge" data-key="a">
<input type="hidden" name="csrf" value="${csrf}">
<button aria-label="Acknowledge ${what}">Acknowledge</button>
</form>`

function quiet({ lastResolved, unread, heartbeatAt, now }: Overview): Html {
	return html`<div class="quiet-page">
<svg class="horizon" viewBox="0 0 120 40" aria-hidden="true"><path d="M0 30h120" /><path d="M40 30a20 20 0 0 1 40 0" /></svg>
<h1>All quiet</h1>
<p>No alert fires. ${
		lastResolved
			? html`The last incident, <a href="/incidents/${lastResolved.id}">${lastResolved.alertname}</a> ${severityBadge(lastResolved.severity)}, ended ${ago(lastResolved.endsAt ?? lastResolved.updatedAt, now)}.`
			: "Nothing has been reported since this database was set up; when an alert fires it appears here."
	}</p>
${heartbeatAt && html`<p>The last heartbeat from Prometheus came ${ago(heartbeatAt, now)}.</p>`}
${unread > 0 && html`<p><a href="/inbox">${unread} unread in the inbox</a></p>`}
</div>`
}
