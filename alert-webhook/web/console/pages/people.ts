import { ROLES } from "../../../domain/access/roles.ts"
import type { GivenToken, Token } from "../../../store/tokens.ts"
import { type Html, html } from "../kit/html.ts"
import { absolute } from "../kit/time.ts"

export interface PeopleView {
	readonly tokens: readonly Token[]
	/** A new token, shown this once. */
	readonly given: GivenToken | undefined
	readonly csrf: string
	readonly now: number
}

/** The personal tokens, and the form that creates one. */
export function peoplePage({ tokens, given, csrf, now }: PeopleView): Html {
	return html`<div class="headline"><h1>People</h1></div>
${given && newTokenCard(given)}
<section class="card"><h2>Create token</h2>
<p class="soft">A token signs a person in with its name and role. A viewer reads; a responder also acknowledges incidents, approves, pauses and stops; an admin also releases, sets modes, reads the audit log and creates tokens.</p>
<form class="window" method="post" action="/people"><input type="hidden" name="csrf" value="${csrf}">
<label>Name <input name="name" required maxlength="64" autocomplete="off"></label>
<label>Role <select name="role">${ROLES.map((role) => html`<option>${role}</option>`)}</select></label>
<label>Expires in (days), never when empty <input name="days" type="number" min="1" max="3650"></label>
<button>Create token</button></form></section>
<section class="card"><h2>Tokens</h2>
${
	tokens.length === 0
		? html`<p class="empty">No personal tokens yet. For the console token of the configuration, the audit log records the name that was typed at the sign-in.</p>`
		: html`<ul class="policies">${tokens.map((token) => row(token, csrf, now))}</ul>`
}
</section>`
}

/** Open, so that the page does not refresh while a person copies the token. */
const newTokenCard = ({ name, token }: GivenToken): Html =>
	html`<section class="card" role="status"><details open><summary>The token of ${name}</summary>
<p><code>${token}</code></p>
<p class="soft">It is shown once; only its digest is stored. Send it over a private channel.</p></details></section>`

function row({ id, name, role, createdBy, createdAt, expiresAt, revokedAt }: Token, csrf: string, now: number): Html {
	const state = revokedAt ? "revoked" : expiresAt && expiresAt.getTime() <= now ? "expired" : "active"
	const until = expiresAt && html`, expires at ${absolute(expiresAt)}`
	return html`<li><div><strong>${name}</strong> ${role} <span class="badge ${state === "active" ? "state-done" : "state-open"}">${state}</span>
<p class="soft">Created by ${createdBy} at ${absolute(createdAt)}${until}${revokedAt && html`, revoked at ${absolute(revokedAt)}`}</p></div>
${state === "active" && html`<form method="post" action="/people/${id}/revoke"><input type="hidden" name="csrf" value="${csrf}"><button>Revoke</button></form>`}</li>`
}
