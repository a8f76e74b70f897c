import type { AuditRow } from "../../audit/chain.ts"
import { type Html, html } from "../html.ts"
import { absolute } from "../time.ts"

export interface AuditView {
	readonly entries: readonly AuditRow[]
	readonly filter: {
		readonly actor?: string | undefined
		readonly action?: string | undefined
		readonly target?: string | undefined
	}
	/** Query string that leads to older entries; null on the last page. */
	readonly older: string | null
}

/** Who did what, newest first. */
export function auditPage({ entries, filter, older }: AuditView): Html {
	const field = (name: keyof AuditView["filter"], label: string) =>
		html`<label>${label} <input name="${name}" value="${filter[name] ?? ""}"></label>`
	return html`<div class="headline"><h1>Audit</h1><p class="tally"><a href="/api/audit/export">Export</a> <a href="/api/audit/verify">Verify</a></p></div>
<form class="search" method="get" action="/audit">${field("actor", "Who")}${field("action", "What")}${field("target", "To what")}<button>Search</button></form>
${
	entries.length === 0
		? html`<p class="empty">No entry matches. Everything that people or the observatory do is written here.</p>`
		: html`<div class="scroll"><table><thead><tr><th>When</th><th>Who</th><th>What</th><th>To what</th><th>From</th></tr></thead>
<tbody>${entries.map(
				({ seq, at, actor, action, target, details, address }) => html`<tr id="entry-${seq}">
<td class="num">${absolute(at)}</td><td>${actor}</td><td>${action}${Object.keys(details).length > 0 && html`<details><summary>Details</summary><pre>${JSON.stringify(details, null, 2)}</pre></details>`}</td><td>${target}</td><td>${address ?? "itself"}</td>
</tr>`,
			)}</tbody></table></div>`
}
${older !== null && html`<p class="more"><a href="/audit?${older}">Older entries</a></p>`}`
}
