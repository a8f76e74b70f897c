import { type HttpServer, listen, listenBeside } from "../../core/lib/http.ts"
import type { MetricRegistry } from "../../core/metrics/registry.ts"
import type { WebhookEnvironment } from "../config.ts"
import type { Context } from "../context.ts"
import { Attempts } from "../domain/access/attempts.ts"
import { sameSecret } from "../domain/access/secrets.ts"
import { findToken } from "../store/tokens.ts"
import { createApp } from "../web/app.ts"
import type { Guard } from "../web/http/guard.ts"
import { allRoutes } from "../web/routes.ts"
import { Changes } from "../workflows/changes.ts"
import type { Intake } from "../workflows/ingest/receive.ts"
import type { Reconciling } from "../workflows/reconcile/start-reconciling.ts"

export interface Served {
	readonly telemetry: MetricRegistry
	readonly intake: Intake
	readonly reconciling: Reconciling
}

/**
 * Serves the API and the console, on both loopback addresses if it listens on one.
 *
 * @throws ObservatoryError `port_taken`
 */
export async function serve(ctx: Context, config: WebhookEnvironment, served: Served): Promise<HttpServer> {
	const { telemetry, intake, reconciling } = served
	const guard = guardOf(ctx, config)
	const changes = new Changes(ctx)
	const routes = allRoutes({
		telemetry,
		metricsToken: config.METRICS_TOKEN,
		guard,
		intake,
		gateToken: config.GATE_TOKEN,
		onTruncated: () => reconciling.runSoon(),
		secure: config.WEBHOOK_URL?.startsWith("https:") ?? false,
		changes,
		grafanaUrl: config.GRAFANA_URL,
	})
	const app = createApp({ ctx, guard, routes, trustProxy: config.TRUST_PROXY })
	const policy = { publicUrls: [config.WEBHOOK_URL] }
	const server = await listen(app, config.WEBHOOK_LISTEN, "WEBHOOK_LISTEN", policy)
	const twin = await listenBeside(app, config.WEBHOOK_LISTEN, server.port, policy)
	return {
		url: server.url,
		port: server.port,
		async close() {
			changes.close()
			await Promise.all([server.close(), twin?.close()])
		},
	}
}

const guardOf = (ctx: Context, config: WebhookEnvironment): Guard => ({
	webhookToken: config.WEBHOOK_TOKEN,
	personOf: async (token) =>
		config.CONSOLE_TOKEN !== undefined && sameSecret(token, config.CONSOLE_TOKEN)
			? { actor: "console token", role: "admin", tokenId: null }
			: findToken(ctx, token),
	attempts: new Attempts(ctx.clock),
})
