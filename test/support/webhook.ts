import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { webhookEnvironment } from "../../alert-webhook/config.ts"
import { startWebhook } from "../../alert-webhook/server.ts"
import { type Clock, systemClock } from "../../core/lib/clock.ts"
import { loadConfig } from "../../core/lib/config.ts"
import { silentLogger } from "../../core/lib/log.ts"
import { type LoadedRules, startLoadedRules } from "./loaded-rules.ts"
import { CONSOLE_TOKEN, WEBHOOK_TOKEN, type WebhookClient, webhookClient } from "./webhook-client.ts"

export interface TestWebhook extends WebhookClient {
	/** Its folder of local state. */
	readonly home: string
	/** Adds the alerts of a notification to the rules that its Prometheus has loaded. */
	loadRules(body: unknown): void
	stop(): Promise<void>
}

interface TestWebhookOptions {
	readonly clock?: Clock
	readonly env?: Record<string, string>
	/** Whether its Prometheus has loaded the rules of what is delivered, unless the environment names another. */
	readonly loads?: boolean
}

/** Of all webhooks in a test file: replicas ask one Prometheus. */
let rules: Promise<LoadedRules> | undefined

/** The real server, in this process, on a free port. */
export async function startTestWebhook(
	databaseUrl: string,
	{ clock = systemClock, env = {}, loads = true }: TestWebhookOptions = {},
): Promise<TestWebhook> {
	const home = mkdtempSync(path.join(tmpdir(), "observatory-home-"))
	// Nothing escalates by default, so that a test sees only what it asked for.
	const noPolicies = path.join(home, "policies.yaml")
	writeFileSync(noPolicies, "policies: {}\n")
	rules ??= startLoadedRules()
	const prometheus = await rules
	const closers: (() => Promise<void> | void)[] = []
	const config = loadConfig(webhookEnvironment, {
		DATABASE_URL: databaseUrl,
		WEBHOOK_LISTEN: "127.0.0.1:0",
		WEBHOOK_TOKEN,
		CONSOLE_TOKEN,
		PROMETHEUS_URL: prometheus.url,
		// Nothing listens there: a test that does not start its own must not reach one of another test.
		ALERTMANAGER_URL: "http://127.0.0.1:9",
		OBSERVATORY_HOME: home,
		ESCALATION_POLICIES: noPolicies,
		// Tests deliver what their Alertmanager does not have, and move their clocks.
		RECONCILE_EVERY: "1d",
		HEARTBEAT_LOST_AFTER: "52w",
		...env,
	})
	const { url } = await startWebhook({
		config,
		version: "0.0.0-test",
		log: silentLogger,
		life: { onClose: (_, close) => closers.unshift(close) },
		clock,
	})
	const client = webhookClient(url, {
		clock,
		delivering: (body) => {
			if (loads) prometheus.load(body)
		},
	})
	return {
		...client,
		loadRules: prometheus.load,
		home,
		async stop() {
			for (const close of closers) await close()
			rmSync(home, { recursive: true, force: true })
		},
	}
}
