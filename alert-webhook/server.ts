import { createDatabase, createPool } from "../core/db/client.ts"
import { migrate } from "../core/db/migrate.ts"
import { type Clock, systemClock } from "../core/lib/clock.ts"
import { type HttpServer, listen } from "../core/lib/http.ts"
import type { Lifecycle } from "../core/lib/lifecycle.ts"
import type { Logger } from "../core/lib/log.ts"
import { Telemetry } from "../core/telemetry/telemetry.ts"
import { Attempts } from "./access/attempts.ts"
import { sameSecret } from "./access/secrets.ts"
import type { WebhookEnvironment } from "./config.ts"
import { Changes } from "./console/changes.ts"
import type { Context } from "./context.ts"
import { createApp } from "./http/app.ts"
import type { Guard } from "./http/guard.ts"
import { createMetrics } from "./metrics.ts"
import { allRoutes } from "./routes.ts"

export interface ServerOptions {
	readonly config: WebhookEnvironment
	readonly version: string
	readonly log: Logger
	readonly life: Pick<Lifecycle, "onClose">
	readonly clock?: Clock
}

/** Puts the receiver together and starts it: database up to date, then the HTTP server. */
export async function startWebhook(options: ServerOptions): Promise<HttpServer> {
	const { config, log, life, clock = systemClock } = options
	await migrate(config.DATABASE_URL)
	const pool = createPool(config.DATABASE_URL, { applicationName: "mcp-observatory alert-webhook", max: 10 })
	life.onClose("the database", () => pool.end())

	const telemetry = new Telemetry({ clock, log })
	const ctx: Context = { db: createDatabase(pool), clock, log, metrics: createMetrics(telemetry, options.version) }
	const guard: Guard = {
		webhookToken: config.WEBHOOK_TOKEN,
		personOf: async (token) =>
			config.CONSOLE_TOKEN !== undefined && sameSecret(token, config.CONSOLE_TOKEN)
				? { actor: "console token", role: "admin" }
				: undefined,
		attempts: new Attempts(clock),
	}
	const changes = new Changes(ctx)
	const secure = config.WEBHOOK_URL?.startsWith("https:") ?? false
	const routes = allRoutes({ telemetry, guard, secure, changes, grafanaUrl: config.GRAFANA_URL })
	const server = await listen(createApp({ ctx, guard, routes }), config.WEBHOOK_LISTEN, "WEBHOOK_LISTEN")
	life.onClose("the HTTP server", () => server.close())
	life.onClose("open pages", () => changes.close())
	if (config.CONSOLE_TOKEN === undefined) log.warn("CONSOLE_TOKEN is not set: nobody can sign in to the console")
	log.info({ url: server.url }, "alert-webhook is listening")
	return server
}
