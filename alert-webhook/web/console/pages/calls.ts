import type { WaitingCall } from "../../../store/tool-calls.ts"
import { type Html, html } from "../kit/html.ts"

/** The whole call, exactly as the hook hashed it, and laid out. */
export const callText = ({ body, host, hash, expiresAt }: WaitingCall): Html => {
	const { tool, session, cwd, rule, input } = JSON.parse(body) as Record<string, unknown>
	return html`<p><strong>${String(tool)}</strong> on ${host}, rule ${String(rule)}, in ${String(cwd)}</p>
<pre>${JSON.stringify(input, null, 2)}</pre>
<p class="soft">Session ${String(session)}. Denied at ${expiresAt.toISOString()} without a decision. SHA-256 ${hash}</p>`
}

/** The calls that wait for a person. */
export function callsCard(calls: readonly WaitingCall[], { csrf, may }: { csrf: string; may: boolean }): Html | false {
	if (calls.length === 0) return false
	const form = (hash: string, verb: string, label: string, kind: string) =>
		html`<form method="post" action="/calls/${hash}/${verb}"><input type="hidden" name="csrf" value="${csrf}"><button class="${kind}">${label}</button></form>`
	return html`<section class="card"><h2>Calls that wait for a person</h2>
${calls.map(
	(call) => html`<div>${callText(call)}
${may && html`<div class="actions">${form(call.hash, "approve", "Approve this call", "primary")}${form(call.hash, "refuse", "Refuse", "")}</div>`}</div>`,
)}</section>`
}
