import type { RunnerStatus } from "../../../clients/runner.ts"
import { type Html, html } from "../kit/html.ts"
import { ago } from "../kit/time.ts"

/** The parts of the local run: their states, since when, and how often each was restarted. */
export function runnerCard(runner: RunnerStatus | undefined, now: number): Html | false {
	if (runner === undefined) return false
	return html`<section><h2>Local run</h2>
<ul class="messages">${runner.parts.map(
		({
			title,
			state,
			since,
			restarts,
			detail,
		}) => html`<li class="message"><div class="what"><h3>${title} <span class="soft">${state}</span></h3>
<p class="meta"><span>${ago(new Date(since), now)}</span><span>${restarts === 1 ? "1 restart" : `${restarts} restarts`}</span>${detail && html`<span>${detail}</span>`}</p></div></li>`,
	)}</ul>
</section>`
}
