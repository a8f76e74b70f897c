import { ROLES } from "../../../domain/access/roles.ts"
import type { GivenToken, Token } from "../../../store/tokens.ts"
import { type Html, html } from "../kit/html.ts"
import { absolute } from "../kit/time.ts"

export interface PeopleView {
	readonly tokens: readonly Token[]
	/** A token that was made just now, to be shown this once. */
	readonly given: GivenToken | undefined
	readonly csrf: string
	readonly now: number
}

/** Whose tokens open the console, and the form that gives one. */
export function peoplePage({ tokens, given, csrf, now }: PeopleView): Html {
	return html`<div class="headline"><h1>People</h1></div>
${given && handedOver(given)}
<section class="card"><h2>Give a token</h2>
<p class="soft">Whoever signs in with it has its name and its role. A viewer reads; a responder also takes incidents, approves, pauses and stops; an admin also releases, sets modes, reads the audit log and gives tokens.</p>
<form class="window" method="post" action="/people"><input type="hidden" name="csrf" value="${csrf}">
<label>Whose it is <input name="name" required maxlength="64" autocomplete="off"></label>
<label>Role <select name="role">${ROLES.map((role) => html`<option>${role}</option>`)}</select></label>
<label>Days it is good for, always when empty <input name="days" type="number" min="1" max="3650"></label>
<button>Give a token</button></form></section>
<section class="card"><h2>Tokens</h2>
${
	tokens.length === 0
		? html`<p class="empty">Nobody has a token of their own yet. What is done with the console token of the configuration stands under the name that was typed at the sign-in, by whomever.</p>`
		: html`<ul class="policies">${tokens.map((token) => row(token, csrf, now))}</ul>`
}
</section>`
}

/** Open, so that the page is not refreshed under the eyes of whoever copies it. */
const handedOver = ({ name, token }: GivenToken): Html =>
	html`<section class="card" role="status"><details open><summary>The token of ${name}</summary>
<p><code>${token}</code></p>
<p class="soft">It is shown this once; only its digest is kept. Hand it over by a way that nobody else reads.</p></details></section>`

function row({ id, name, role, createdBy, createdAt, expiresAt, revokedAt }: Token, csrf: string, now: number): Html {
	const state = revokedAt ? "revoked" : expiresAt && expiresAt.getTime() <= now ? "expired" : "good"
	const until = expiresAt && html`, good until ${absolute(expiresAt)}`
	return html`<li><div><strong>${name}</strong> ${role} <span class="badge ${state === "good" ? "state-done" : "state-open"}">${state}</span>
<p class="soft">Given by ${createdBy} at ${absolute(createdAt)}${until}${revokedAt && html`, revoked at ${absolute(revokedAt)}`}</p></div>
${state === "good" && html`<form method="post" action="/people/${id}/revoke"><input type="hidden" name="csrf" value="${csrf}"><button>Revoke</button></form>`}</li>`
}
