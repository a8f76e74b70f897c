import express, { type Express } from "express"
import type { httpRequestDuration } from "../core/catalogue/subjects/observatory.ts"
import { GROUPS, type Group } from "../core/catalogue/types.ts"
import { errorHandler } from "../core/lib/http.ts"
import type { Logger } from "../core/lib/log.ts"
import { tokenCheck } from "../core/lib/request-check.ts"
import { formatFor } from "../core/metrics/format.ts"
import { measureRequests } from "../core/metrics/measure-requests.ts"
import type { HistogramInstrument, MetricRegistry } from "../core/metrics/registry.ts"

export type ScrapedGroup = Exclude<Group, "observatory">

/** The groups with a scrape path of their own. */
export const SCRAPED: readonly ScrapedGroup[] = GROUPS.filter((group) => group !== "observatory")

export interface AppOptions {
	readonly telemetry: MetricRegistry
	readonly requests: HistogramInstrument<(typeof httpRequestDuration)["labels"]>
	readonly log: Logger
	/** The groups that this process exposes; default all. */
	readonly groups?: readonly ScrapedGroup[]
	/** The bearer token of a scrape; undefined leaves the series open. */
	readonly token?: string | undefined
}

/**
 * The exporters' web server. A scrape returns the collectors' latest values from memory, so no source can delay it or make
 * it fail.
 */
export function createApp({ telemetry, requests, log, groups = SCRAPED, token }: AppOptions): Express {
	const withoutToken = tokenCheck(token, "METRICS_TOKEN")
	const app = express()
	app.disable("x-powered-by")
	app.use(measureRequests(requests))
	const serve = (path: string, exposed: readonly ScrapedGroup[]) =>
		app.get(path, async (req, res) => {
			const refusal = withoutToken(req)
			if (refusal) throw refusal
			const format = formatFor(req.headers.accept)
			res.set({ "Content-Type": format, Vary: "Accept" }).send(await telemetry.expose(exposed, format))
		})
	for (const group of groups) serve(`/metrics/${group}`, [group])
	serve("/metrics", groups)
	app.get("/", (_req, res) => {
		res.type("html").send(index(groups))
	})
	app.get("/healthz", (_req, res) => {
		res.json({ status: "ok" })
	})
	app.use(errorHandler(log))
	return app
}

const index = (groups: readonly ScrapedGroup[]) => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>mcp-observatory exporters</title></head>
<body><h1>mcp-observatory exporters</h1><p><a href="/metrics">/metrics</a> has all series; one scrape job each:</p>
<ul>${groups.map((group) => `<li><a href="/metrics/${group}">/metrics/${group}</a></li>`).join("")}</ul>
</body></html>`
