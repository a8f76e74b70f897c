import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { buildInfo, httpRequestDuration } from "../../core/catalogue/subjects/observatory.ts"
import { type HttpServer, listen } from "../../core/lib/http.ts"
import { createApp } from "../app.ts"
import type { Run } from "./run.ts"

/** The scrape paths, and what the process says about itself on them. */
export async function startWeb({ settings, telemetry, log, life }: Run): Promise<HttpServer> {
	telemetry.gauge(buildInfo).set({ version: version(), service: "exporters" }, 1)
	const { groups } = settings
	const app = createApp({ telemetry, requests: telemetry.histogram(httpRequestDuration), log, groups })
	const server = await listen(app, settings.listen, "EXPORTERS_LISTEN")
	life.onClose("web server", () => server.close())
	return server
}

/** package.json is two folders above the sources, and one further up from `dist/`. */
function version(): string {
	for (const up of ["../..", "../../.."]) {
		try {
			return JSON.parse(readFileSync(fileURLToPath(new URL(`${up}/package.json`, import.meta.url)), "utf8")).version
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error
		}
	}
	return "unknown"
}
