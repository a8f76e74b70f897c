import { may, type Role } from "../../../domain/access/roles.ts"
import { inFull } from "../../../domain/anomaly/words.ts"
import { needsResponse, severityOf } from "../../../domain/severity.ts"
import { VERDICT_TEXT, VERDICTS } from "../../../domain/verdict.ts"
import type { getIncident } from "../../../store/incidents/get.ts"
import type { Remediation } from "../../../store/remediations/move.ts"
import type { Upcoming } from "../../../workflows/escalation/upcoming.ts"
import { graphSize } from "../boards/incident-picture.ts"
import { type Html, html, safeUrl } from "../kit/html.ts"
import { componentOf, demoBadge, severityBadge } from "../kit/parts.ts"
import { absolute, ago, since, span } from "../kit/time.ts"
import { acknowledgeForm } from "./overview.ts"
import { describe, stateWord } from "./response.ts"
import { timelineItem } from "./timeline.ts"
import { upcomingSection } from "./upcoming.ts"

export interface IncidentView {
	readonly incident: Awaited<ReturnType<typeof getIncident>>
	readonly remediations: readonly Remediation[]
	readonly upcoming: Upcoming | undefined
	readonly role: Role
	readonly csrf: string
	readonly now: number
	/** Undefined where no Grafana is configured: then the boards are here. */
	readonly grafanaUrl: string | undefined
}

/** Everything about one incident, the next step first. */
export function incidentPage({ incident, remediations, upcoming, role, csrf, now, grafanaUrl }: IncidentView): Html {
	const { id, alertname, severity, status, annotations, labels, acknowledgedAt, anomaly } = incident
	const { summary, description } = annotations
	const open = status === "firing"
	return html`<article class="detail ${severityOf(severity)}">
<p class="crumb"><a href="${open ? "/" : "/resolved"}">${open ? "Open" : "Resolved"}</a> / ${id}</p>
<p class="badges">${severityBadge(severity)} <span class="badge ${open ? "state-open" : "state-done"}">${open ? "firing" : "resolved"}</span> ${demoBadge(incident)}</p>
<h1>${alertname}</h1>
<p class="lead">${summary || description || "The alert came without a summary."}</p>
${summary && description && summary !== description && html`<p class="description">${description}</p>`}
<div class="actions">
${open && needsResponse(incident) && acknowledgedAt === null && may(role, "responder") && acknowledgeForm(id, csrf, alertname)}
${links(incident, grafanaUrl)}
</div>
${facts(incident, now)}
${upcomingSection(upcoming, now)}
${anomaly?.assessments.map((one) => html`<p class="description">${inFull(one)}</p>`)}
${graph(incident, now)}
${remediations.map((row) => remediationCard(row, role, csrf))}
${may(role, "responder") && verdictForm(incident, csrf)}
<section><h2>Timeline</h2><ol class="timeline">${incident.timeline.map((entry) => timelineItem(entry, now))}</ol></section>
<section><h2>Labels</h2><dl class="labels">${inOrder(labels).map(
		([name, value]) => html`<div><dt>${name}</dt><dd>${name === CHANNELS ? channelsIn(value) : value}</dd></div>`,
	)}</dl></section>
</article>`
}

const GRAPH = graphSize("wide")
const PHONE_GRAPH = graphSize("narrow")

/** The values behind the alert. A picture of its own, so that the page never waits for Prometheus. */
function graph({ id, status, alertname }: IncidentView["incident"], now: number): Html {
	// Of an open incident, the picture of every minute is another one.
	const at = status === "firing" ? Math.floor(now / 60_000) : 0
	const address = (width: string) => `/incidents/${id}/graph.svg?width=${width}&at=${at}`
	return html`<section class="graph"><h2>Values behind the alert</h2>
<picture><source media="(max-width: 55.99rem)" srcset="${address("narrow")}" width="${PHONE_GRAPH.width}" height="${PHONE_GRAPH.height}"><img src="${address("wide")}" width="${GRAPH.width}" height="${GRAPH.height}" alt="The values behind ${alertname}, with its limit and the time at which it fired" loading="lazy"></picture>
</section>`
}

/** The form for a verdict. While the alert fires a verdict also ends every page about it, so the form says that. */
function verdictForm({ id, status, verdict, verdictNote }: IncidentView["incident"], csrf: string): Html {
	const firing = status === "firing"
	return html`<section class="card"><h2>${verdict ? "Verdict" : firing ? "Close with a verdict" : "Verdict"}</h2>
${
	firing &&
	!verdict &&
	html`<p class="soft">This closes the incident: pages end, even while the alert fires, and approvals expire. To say only that you work on it, acknowledge it.</p>`
}
<form class="verdict" method="post" action="/incidents/${id}/close"><input type="hidden" name="csrf" value="${csrf}">
<input name="note" maxlength="2000" placeholder="Note" aria-label="Note" value="${verdictNote ?? ""}">
<div class="actions">${VERDICTS.map(
		(one) =>
			html`<button name="verdict" value="${one}"${one === verdict && html` class="primary"`}>${VERDICT_TEXT[one]}</button>`,
	)}</div></form></section>`
}

/** States in which no step of the plan has run. */
const PLANNED: ReadonlySet<string> = new Set(["shadowed", "withheld", "awaiting_approval", "refused", "expired"])

/** A remediation with its plan; while it waits for approval, the buttons. */
function remediationCard(row: Remediation, role: Role, csrf: string): Html {
	const { id, action, target, state, plan } = row
	const button = (verb: string, label: string, kind: string) =>
		html`<form method="post" action="/remediations/${id}/${verb}"><input type="hidden" name="csrf" value="${csrf}"><button class="${kind}">${label}</button></form>`
	return html`<section class="card remediation"><h2>Remediation</h2>
<p><strong>${describe(action)}</strong> ${target && html`on ${target} `}<code class="soft">${action}</code></p>
<p class="meta">${stateWord(row)}</p>
${plan.length > 0 && html`<p>${PLANNED.has(state) ? "Planned steps:" : "Steps:"}</p><ol>${plan.map((one) => html`<li>${one}</li>`)}</ol>`}
${state === "awaiting_approval" && may(role, "responder") && html`<div class="actions">${button("approve", "Approve", "primary")}${button("refuse", "Refuse", "")}</div>`}
${state === "shadowed" && html`<p class="soft">These steps did not run. <a href="/response">Response</a> has the modes, and a manual pause or stop.</p>`}
</section>`
}

/** Alertmanager's routes match the names of this label with a comma before and after each. */
const CHANNELS = "channels"
const channelsIn = (value: string): string => value.split(",").filter(Boolean).join(", ")

/** The name first, the others in alphabetical order: the database has no order. */
function inOrder({ alertname, ...others }: Record<string, string>): [string, string][] {
	const rest = Object.entries(others).sort(([a], [b]) => (a < b ? -1 : 1))
	return alertname === undefined ? rest : [["alertname", alertname], ...rest]
}

function links({ annotations, generatorUrl }: IncidentView["incident"], grafanaUrl: string | undefined): Html {
	const board = safeUrl(annotations.dashboard_url)
	const all: [string, string | undefined][] = [
		["Runbook", safeUrl(annotations.runbook_url ?? annotations.runbook)],
		["Graph in Prometheus", safeUrl(generatorUrl)],
		["Dashboard in Grafana", grafanaUrl && (board ?? safeUrl(`${grafanaUrl}/d/operations-dashboard`))],
	]
	return html`<nav class="links" aria-label="Elsewhere"><a href="/boards/operations-dashboard">Board</a>${all.map(
		([name, to]) =>
			to && html`<a href="${to}" rel="noreferrer" target="_blank">${name}<span aria-hidden="true"> ↗</span></a>`,
	)}</nav>`
}

function facts(incident: IncidentView["incident"], now: number): Html {
	const { startsAt, endsAt, receivedAt, status, acknowledgedBy, acknowledgedAt, labels, clock, notified } = incident
	const onsetAt = clock?.onsetAt ?? startsAt
	const fact = (name: string, value: Html | string | undefined | false) =>
		value && html`<div><dt>${name}</dt><dd>${value}</dd></div>`
	return html`<dl class="facts">
${clock && fact("Onset", html`${ago(onsetAt, now)} <span class="abs">${absolute(onsetAt)}${clock.onset === "bounded" && ", or earlier"}</span>`)}
${fact("Fired", html`${ago(startsAt, now)} <span class="abs">${absolute(startsAt)}</span>`)}
${fact(status === "firing" ? "Firing for" : "Duration", status === "firing" ? since(startsAt, now) : span((endsAt ?? startsAt).getTime() - startsAt.getTime()))}
${fact("Received after", span(receivedAt.getTime() - startsAt.getTime()))}
${notified[0] && fact("Notified", `${span(notified[0].acceptedAt.getTime() - onsetAt.getTime())} after the onset`)}
${fact("Component", componentOf(labels))}
${fact("Acknowledged by", acknowledgedAt ? html`${acknowledgedBy}, ${ago(acknowledgedAt, now)}` : "no one yet")}
</dl>`
}
