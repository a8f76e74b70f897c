import { buildInfo, httpRequestDuration } from "../../core/catalogue/subjects/observatory.ts"
import { type HttpServer, listen } from "../../core/lib/http.ts"
import { version } from "../../core/lib/version.ts"
import { createApp } from "../app.ts"
import type { ExporterContext } from "./context.ts"

/** Serves the scrape paths, with the metrics of the process itself. */
export async function startWeb({ settings, telemetry, log, lifecycle }: ExporterContext): Promise<HttpServer> {
	telemetry.gauge(buildInfo).set({ version: version(), service: "exporters" }, 1)
	const { groups } = settings
	const app = createApp({
		telemetry,
		requests: telemetry.histogram(httpRequestDuration),
		log,
		groups,
		token: settings.metricsToken,
	})
	const server = await listen(app, settings.listen, "EXPORTERS_LISTEN")
	lifecycle.onClose("web server", () => server.close())
	return server
}
