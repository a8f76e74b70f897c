import type { Stoppable } from "../../../domain/stoppable.ts"
import { type Html, html } from "../kit/html.ts"

const MOST = 100

/** The hosts and sessions that a stop would not reach through the gate. Undefined where no gate is challenged. */
export function stoppableCard(stoppable: Stoppable | undefined): Html | false {
	if (stoppable === undefined) return false
	const { seen, outside } = stoppable
	const rest = outside.length - MOST
	return html`<section class="card"><h2>Who would not stop</h2>
${
	outside.length === 0
		? html`<p class="soft">${seen === 0 ? "No host and no session is seen." : html`Each of the ${seen} hosts and sessions that are seen has answered through its gate.`}</p>`
		: html`<div class="alarm" role="status"><strong>${outside.length} of ${seen} hosts and sessions would not follow a stop through the gate.</strong><ul>${outside.slice(0, MOST).map(({ kind, id, reason }) => html`<li>${kind} <code>${id}</code>: ${reason}</li>`)}</ul>${rest > 0 && html`<p>and ${rest} more</p>`}</div>`
}
</section>`
}
