import type { RequestHandler } from "express"
import { httpRequestDuration } from "../catalogue/subjects/observatory.ts"
import type { LabelsOf } from "../catalogue/types.ts"
import type { HistogramInstrument } from "./registry.ts"

type HttpLabels = (typeof httpRequestDuration)["labels"]
type Status = LabelsOf<HttpLabels>["status"]
type Method = LabelsOf<HttpLabels>["method"]

const METHODS: readonly string[] = httpRequestDuration.labels.method.values

/**
 * Express middleware that measures requests by route pattern, never by path, so that callers cannot create series. Use it
 * before every route. A request whose client disconnects is measured as well.
 */
export function measureRequests(instrument: HistogramInstrument<HttpLabels>): RequestHandler {
	return (req, res, next) => {
		const startedAt = performance.now()
		res.once("close", () => {
			const method = (METHODS.includes(req.method) ? req.method : "other") as Method
			const status = `${Math.floor(res.statusCode / 100)}xx` as Status
			instrument.observe({ method, route: routeOf(req), status }, (performance.now() - startedAt) / 1000)
		})
		next()
	}
}

/** Set by express once a route has matched; what matches none is one route of its own. */
function routeOf({ route, baseUrl }: { route?: { path?: unknown }; baseUrl: string }): string {
	if (route?.path === undefined) return "unmatched"
	return typeof route.path === "string" ? `${baseUrl}${route.path}` : `${baseUrl}/*`
}
