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

/** The audit log, newest first. */
export function auditPage({ entries, filter, older }: AuditView): Html {
	const field = (name: keyof AuditView["filter"], label: string) =>
		html`<label>${label} <input name="${name}" value="${filter[name] ?? ""}"></label>`
	return html`<div class="headline"><h1>Audit</h1><p class="tally"><a href="/api/audit/export" download="audit.jsonl">Export</a> <a href="/audit/verify">Verify</a></p></div>
<form class="search" method="get" action="/audit">${field("actor", "Who")}${field("action", "What")}${field("target", "To what")}<button>Search</button></form>
${
	entries.length === 0
		? html`<p class="empty">No entry matches. Every action of people and of the observatory is recorded here.</p>`
		: html`<div class="scroll"><table class="audit"><thead><tr><th>When</th><th>Who</th><th>What</th><th>To what</th><th>From</th></tr></thead>
<tbody>${entries.map(
				({ seq, at, actor, action, target, details, address, tokenId }) => html`<tr id="entry-${seq}">
<td class="num">${absolute(at)}</td><td class="who-did">${actor}${tokenId !== null && html` <span class="soft">token ${tokenId}</span>`}</td><td>${action}${Object.keys(details).length > 0 && html`<details><summary>Details</summary><pre>${JSON.stringify(details, null, 2)}</pre></details>`}</td><td>${target}</td><td>${address ?? "itself"}</td>
</tr>`,
			)}</tbody></table></div>`
}
${older !== null && html`<p class="more"><a href="/audit?${older}">Older entries</a></p>`}`
}

/** Whether the log is intact, and how to prove that later. */
export function verdictPage(verdict: Verdict): Html {
	const { seq, hash } = verdict.end
	return html`<p class="crumb"><a href="/audit">Audit</a> / Verify</p>
<h1>${verdict.whole ? "The chain is whole" : "The chain is broken"}</h1>
${
	verdict.whole
		? html`<p class="lead">${seq} entries, none of them changed.</p>`
		: html`<p class="alarm" role="alert">${verdict.flaw}. The last good link is entry ${seq}.</p>`
}
<p>Its ${verdict.whole ? "" : "last good "}end is <code>${seq}:${hash}</code></p>
<p class="soft">Store it where the database's owner cannot change it: <code>npm run audit -- verify SEQ:HASH</code> proves later that it is still part of the chain.</p>`
}
