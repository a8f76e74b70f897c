import { html } from "../kit/html.ts"
import { bare } from "../kit/layout.ts"

/** The form for a token and a name. `problem` is the reason of the last refusal. */
export function signInPage({ next, problem, actor }: { next: string; problem?: string; actor?: string }): string {
	return bare(
		"Sign in",
		html`<h1>Sign in</h1>
${problem && html`<p class="problem" role="alert">${problem}</p>`}
<form class="sign-in" method="post" action="/sign-in">
<input type="hidden" name="next" value="${next}">
<label>Your name <input name="actor" value="${actor ?? ""}" autocomplete="username" maxlength="64" autofocus></label>
<p class="hint">The audit log records it. A personal token includes the name.</p>
<label>Console token <input name="token" type="password" autocomplete="current-password" required></label>
<p class="hint">A local run stores it in <code>.observatory/secrets/console_token</code>.</p>
<button class="primary">Sign in</button>
</form>`,
	)
}
