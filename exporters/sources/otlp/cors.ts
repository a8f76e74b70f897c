import type { IncomingMessage, ServerResponse } from "node:http"

/** Seconds for which a browser remembers what it may send. */
const PREFLIGHT_SECONDS = 600

/**
 * Lets pages of these origins read the answer, and says whether the request was a browser's question in advance, which is
 * answered then. Other origins get no word of it.
 */
export function answerCors(req: IncomingMessage, res: ServerResponse, origins: readonly string[]): boolean {
	const { origin } = req.headers
	if (origin === undefined || !origins.includes(origin)) return false
	res.setHeader("access-control-allow-origin", origin)
	res.setHeader("vary", "origin")
	if (req.method !== "OPTIONS") return false
	res.setHeader("access-control-allow-methods", "POST")
	res.setHeader("access-control-allow-headers", "authorization, content-type, content-encoding")
	res.setHeader("access-control-max-age", PREFLIGHT_SECONDS)
	res.writeHead(204).end()
	return true
}
