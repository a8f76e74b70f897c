import { html } from "../kit/html.ts"
import { bare } from "../kit/layout.ts"

export interface SignInView {
	readonly next: string
	/** The reason of the last refusal. */
	readonly problem?: string
	readonly actor?: string
	/** The secret of a sign-in link, which replaces the token. */
	readonly link?: string
	/** The link belongs to a personal token, whose name cannot be changed. */
	readonly named?: boolean
}

/** The form for a token and a name, or for a sign-in link and a name. */
export function signInPage({ next, problem, actor, link, named = false }: SignInView): string {
	return bare(
		"Sign in",
		html`<h1>Sign in</h1>
${problem && html`<p class="problem" role="alert">${problem}</p>`}
<form class="sign-in" method="post" action="/sign-in">
<input type="hidden" name="next" value="${next}">
${
	named
		? html`<p>You sign in as <strong>${actor}</strong>.</p>`
		: html`<label>Your name <input name="actor" value="${actor ?? ""}" autocomplete="username" maxlength="64" autofocus></label>
<p class="hint">The audit log records it. A personal token includes the name.</p>`
}
${
	link === undefined
		? html`<label>Console token <input name="token" type="password" autocomplete="current-password" required></label>
<p class="hint">A local run stores it in <code>secrets/console_token</code> below <code>.observatory</code> or <code>OBSERVATORY_HOME</code>, compose in <code>.observatory/compose/console_token</code>; <code>npm start -- link</code> prints a link that needs no token.</p>`
		: html`<input type="hidden" name="link" value="${link}"><p class="hint">This link works once.</p>`
}
<button class="primary">Sign in</button>
</form>`,
	)
}
