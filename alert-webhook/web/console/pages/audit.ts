import type { AuditRow } from "../../../domain/audit-chain.ts"
import type { Verdict } from "../../../store/audit/verify.ts"
import { type Html, html } from "../kit/html.ts"
import { absolute } from "../kit/time.ts"

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
	return html`<div class="headline"><h1>Audit</h1><p class="tally"><a href="/api/audit/export" download="audit.jsonl">Export</a> <a href="/audit/verify">Verify</a></p></div>
<form class="search" method="get" action="/audit">${field("actor", "Who")}${field("action", "What")}${field("target", "To what")}<button>Search</button></form>
${
	entries.length === 0
		? html`<p class="empty">No entry matches. Everything that people or the observatory do is written here.</p>`
		: html`<div class="scroll"><table class="audit"><thead><tr><th>When</th><th>Who</th><th>What</th><th>To what</th><th>From</th></tr></thead>
<tbody>${entries.map(
				({ seq, at, actor, action, target, details, address }) => html`<tr id="entry-${seq}">
<td class="num">${absolute(at)}</td><td class="who-did">${actor}</td><td>${action}${Object.keys(details).length > 0 && html`<details><summary>Details</summary><pre>${JSON.stringify(details, null, 2)}</pre></details>`}</td><td>${target}</td><td>${address ?? "itself"}</td>
</tr>`,
			)}</tbody></table></div>`
}
${older !== null && html`<p class="more"><a href="/audit?${older}">Older entries</a></p>`}`
}

/** Whether the log is as it was written, in a sentence, and what keeps it so. */
export function verdictPage(verdict: Verdict): Html {
	const { seq, hash } = verdict.end
	return html`<p class="crumb"><a href="/audit">Audit</a> / Verify</p>
<h1>${verdict.whole ? "The chain is whole" : "The chain is broken"}</h1>
${
	verdict.whole
		? html`<p class="lead">${seq} entries, each as it was written.</p>`
		: html`<p class="alarm" role="alert">${verdict.flaw}. The last good link is entry ${seq}.</p>`
}
<p>Its ${verdict.whole ? "" : "last good "}end is <code>${seq}:${hash}</code></p>
<p class="soft">Keep that where the database's owner cannot change it: <code>npm run audit -- verify SEQ:HASH</code> proves later that it is still part of the chain.</p>`
}
