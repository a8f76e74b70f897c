import type { RequestHandler } from "express"
import type { Metrics } from "../metrics.ts"
import type { Route } from "./route.ts"

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const
const STATUSES = ["1xx", "2xx", "3xx", "4xx", "5xx"] as const

/** Observes every request under its route's pattern; a path that no route has is `unmatched`. */
export function measure(metrics: Metrics, routes: readonly Route[]): RequestHandler {
	const patterns = new Set(routes.map((route) => route.path))
	return (req, res, next) => {
		const startedAt = performance.now()
		res.once("finish", () => {
			const matched: unknown = req.route?.path
			metrics.requests.observe(
				{
					method: METHODS.find((method) => method === req.method) ?? "other",
					route: typeof matched === "string" && patterns.has(matched) ? matched : "unmatched",
					status: STATUSES[Math.floor(res.statusCode / 100) - 1] ?? "5xx",
				},
				(performance.now() - startedAt) / 1000,
			)
		})
		next()
	}
}
