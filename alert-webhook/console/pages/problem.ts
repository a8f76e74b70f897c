import type { Request, Response } from "express"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import { beginError } from "../../../core/lib/http.ts"
import type { Logger } from "../../../core/lib/log.ts"
import { html } from "../html.ts"
import { bare } from "../layout.ts"

/** An error, told to a person. What is not ours is logged and not shown. */
export function problemPage(error: unknown, req: Request, res: Response, log: Logger): void {
	const status = beginError(error, req, res, log)
	const known = error instanceof ObservatoryError ? error : undefined
	const title = status === 503 ? "The database does not answer" : status === 404 ? "Not here" : "That did not work"
	res.status(status).send(
		bare(
			title,
			html`<h1>${title}</h1>
<p>${known?.message ?? "Something went wrong here; the log has the details."}</p>
${known?.advice && html`<p class="hint">${known.advice}</p>`}
<p><a href="${req.method === "GET" ? req.originalUrl : "/"}">Try again</a> · <a href="/">Open incidents</a></p>`,
		),
	)
}
