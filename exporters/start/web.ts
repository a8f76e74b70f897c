import { buildInfo, httpRequestDuration } from "../../core/catalogue/subjects/observatory.ts"
import { type HttpServer, listen } from "../../core/lib/http.ts"
import { RELEASE } from "../../core/lib/release.ts"
import { createApp } from "../app.ts"
import type { Run } from "./run.ts"

/** The scrape paths, and what the process says about itself on them. */
export async function startWeb({ settings, telemetry, log, life }: Run): Promise<HttpServer> {
	telemetry.gauge(buildInfo).set({ version: RELEASE, service: "exporters" }, 1)
	const { groups } = settings
	const app = createApp({ telemetry, requests: telemetry.histogram(httpRequestDuration), log, groups })
	const server = await listen(app, settings.listen, "EXPORTERS_LISTEN")
	life.onClose("web server", () => server.close())
	return server
}
