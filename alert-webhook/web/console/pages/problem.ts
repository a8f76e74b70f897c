import type { Request, Response } from "express"
import { beginError, publicError } from "../../../../core/lib/http.ts"
import type { Logger } from "../../../../core/lib/log.ts"
import { html } from "../kit/html.ts"
import { bare } from "../kit/layout.ts"

const TITLES: Readonly<Record<number, string>> = {
	401: "You are not signed in",
	404: "Not here",
	503: "The database does not answer",
}

/** An error page. Unknown errors are logged and not shown. */
export function problemPage(error: unknown, req: Request, res: Response, log: Logger): void {
	const status = beginError(error, req, res, log)
	const known = publicError(error)
	const title = TITLES[status] ?? "Something failed"
	const again = req.method === "GET" ? req.originalUrl : "/"
	res.status(status).send(
		bare(
			title,
			html`<h1>${title}</h1>
<p>${known?.message ?? "An internal error; the log has the details."}</p>
${known?.advice && html`<p class="hint">${known.advice}</p>`}
<p>${status === 401 ? html`<a href="/sign-in">Sign in</a>` : html`<a href="${again}">Try again</a>`} · <a href="/">Open incidents</a></p>`,
		),
	)
}
