import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { webhookEnvironment } from "../../alert-webhook/config.ts"
import { startWebhook } from "../../alert-webhook/server.ts"
import type { Clock } from "../../core/lib/clock.ts"
import { loadConfig } from "../../core/lib/config.ts"
import { silentLogger } from "../../core/lib/log.ts"

export const WEBHOOK_TOKEN = "webhook-token-for-tests"
export const CONSOLE_TOKEN = "console-token-for-tests"

export interface TestWebhook {
	readonly url: string
	/** Its folder of local state. */
	readonly home: string
	/** Delivers a body as Alertmanager would. */
	deliver(body: unknown, options?: { path?: string; token?: string }): Promise<Response>
	/** Asks the API as somebody who holds the console's token. */
	api(path: string, init?: RequestInit): Promise<Response>
	json<T>(path: string): Promise<T>
	stop(): Promise<void>
}

/** The real server, in this process, on a free port. */
export async function startTestWebhook(
	databaseUrl: string,
	{ clock, env = {} }: { clock?: Clock; env?: Record<string, string> } = {},
): Promise<TestWebhook> {
	const home = mkdtempSync(path.join(tmpdir(), "observatory-home-"))
	// Nobody is told by default, so that what a test sees is what it asked for.
	const nobody = path.join(home, "policies.yaml")
	writeFileSync(nobody, "policies: {}\n")
	const closers: (() => Promise<void> | void)[] = []
	const config = loadConfig(webhookEnvironment, {
		DATABASE_URL: databaseUrl,
		WEBHOOK_LISTEN: "127.0.0.1:0",
		WEBHOOK_TOKEN,
		CONSOLE_TOKEN,
		// Nothing listens there: a test that does not start its own must not reach somebody else's.
		PROMETHEUS_URL: "http://127.0.0.1:9",
		ALERTMANAGER_URL: "http://127.0.0.1:9",
		OBSERVATORY_HOME: home,
		ESCALATION_POLICIES: nobody,
		// Tests deliver what their Alertmanager does not have, and move their clocks.
		RECONCILE_EVERY: "1d",
		...env,
	})
	const { url } = await startWebhook({
		config,
		version: "0.0.0-test",
		log: silentLogger,
		life: { onClose: (_, close) => closers.unshift(close) },
		...(clock ? { clock } : {}),
	})
	const api = (path: string, init: RequestInit = {}) =>
		fetch(`${url}${path}`, { ...init, headers: { authorization: `Bearer ${CONSOLE_TOKEN}`, ...init.headers } })
	return {
		url,
		home,
		api,
		json: async <T>(path: string) => (await (await api(path)).json()) as T,
		deliver: (body, { path = "/api/alertmanager", token = WEBHOOK_TOKEN } = {}) =>
			fetch(`${url}${path}`, {
				method: "POST",
				headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
				body: typeof body === "string" ? body : JSON.stringify(body),
			}),
		async stop() {
			for (const close of closers) await close()
			rmSync(home, { recursive: true, force: true })
		},
	}
}

export interface AlertInput {
	readonly name?: string
	readonly status?: "firing" | "resolved"
	readonly severity?: string
	readonly fingerprint?: string
	readonly startsAt?: string
	readonly endsAt?: string
	readonly labels?: Record<string, string>
	readonly annotations?: Record<string, string>
}

/** One alert as Alertmanager writes it, with fields of newer versions. */
export const alert = (input: AlertInput = {}) => ({
	status: input.status ?? "firing",
	labels: { alertname: input.name ?? "database_down", severity: input.severity ?? "critical", ...input.labels },
	annotations: { summary: "PostgreSQL does not answer", ...input.annotations },
	startsAt: input.startsAt ?? "2026-11-23T08:00:00.123456789Z",
	endsAt: input.endsAt ?? (input.status === "resolved" ? "2026-11-23T08:10:00Z" : "0001-01-01T00:00:00Z"),
	generatorURL: "http://127.0.0.1:9090/graph?g0.expr=up",
	fingerprint: input.fingerprint ?? "a1b2c3d4e5f60718",
	addedByANewerVersion: { anything: [1, 2, 3] },
})

/** A version 4 notification around alerts. */
export const notification = (alerts: readonly unknown[], extra: Record<string, unknown> = {}) => ({
	version: "4",
	groupKey: '{}:{alertname="database_down"}',
	truncatedAlerts: 0,
	status: "firing",
	receiver: "observatory",
	groupLabels: {},
	commonLabels: {},
	commonAnnotations: {},
	externalURL: "http://alertmanager",
	notification_reason: "FirstNotification",
	alerts,
	...extra,
})
