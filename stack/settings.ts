import { z } from "zod"
import { httpUrl, type ListenAddress, listenAddress, postgresUrl, token } from "../core/lib/config.ts"
import type { DemoChoice } from "./options.ts"

/** The runner's environment variables. The programs that it starts inherit the whole environment. */
export const settingsSchema = z.object({
	OBSERVATORY_HOME: z.string().optional(),
	DATABASE_URL: postgresUrl().optional(),
	SOURCE_DATABASE_URL: postgresUrl().optional(),
	MCP_CONFIG: z.string().optional(),
	/** Alerts to compile instead of the project's `prometheus/alerts.yaml`. */
	ALERTS_FILE: z.string().optional(),
	/** The folder of the channels' secrets instead of the project's `alertmanager/secrets`. */
	CHANNEL_SECRETS: z.string().optional(),
	GITHUB_REPOSITORY: z.string().optional(),
	WEBHOOK_TOKEN: z.string().min(16, "expected at least 16 characters").optional(),
	CONSOLE_TOKEN: z.string().min(16, "expected at least 16 characters").optional(),
	LINK_SIGNING_KEY: z.string().min(16, "expected at least 16 characters").optional(),
	METRICS_TOKEN: token(),
	OTLP_TOKEN: token(),
	POSTGRES_LISTEN: listenAddress("127.0.0.1:5433"),
	EXPORTERS_LISTEN: listenAddress("127.0.0.1:9464"),
	OTLP_LISTEN: listenAddress("127.0.0.1:4318"),
	OTLP_GRPC_LISTEN: listenAddress("127.0.0.1:4317"),
	WEBHOOK_LISTEN: listenAddress("127.0.0.1:9099"),
	PROMETHEUS_LISTEN: listenAddress("127.0.0.1:9090"),
	ALERTMANAGER_LISTEN: listenAddress("127.0.0.1:9093"),
	GRAFANA_LISTEN: listenAddress("127.0.0.1:3000"),
	DEMO_LISTEN: listenAddress("127.0.0.1:9465"),
	DEMO_MCP_LISTEN: listenAddress("127.0.0.1:9466"),
	DEMO_POSTGRES_LISTEN: listenAddress("127.0.0.1:5434"),
	/** Days of made-up past in the demo's Prometheus, which keeps 30; 0 starts without. */
	DEMO_PAST_DAYS: z.coerce.number().int().min(0).max(30).default(30),
	PROMETHEUS_URL: httpUrl().optional(),
	ALERTMANAGER_URL: httpUrl().optional(),
	GRAFANA_URL: httpUrl().optional(),
	WEBHOOK_URL: httpUrl().optional(),
	/** Where --install finds the archives of servers instead of at their makers' sites: a URL, or a folder. */
	DOWNLOAD_MIRROR: httpUrl().optional(),
	DOWNLOAD_FOLDER: z.string().optional(),
})

export type Settings = z.output<typeof settingsSchema>

/** The `*_LISTEN` variables; each is the address of one part. */
export const LISTEN_VARIABLES = [
	"POSTGRES_LISTEN",
	"EXPORTERS_LISTEN",
	"OTLP_LISTEN",
	"OTLP_GRPC_LISTEN",
	"WEBHOOK_LISTEN",
	"PROMETHEUS_LISTEN",
	"ALERTMANAGER_LISTEN",
	"GRAFANA_LISTEN",
	"DEMO_LISTEN",
	"DEMO_MCP_LISTEN",
	"DEMO_POSTGRES_LISTEN",
] as const

/**
 * Whether the demo runs. It writes into the monitored database and replaces the MCP servers, so it never runs beside real
 * ones; beside a real GitHub repository only on request.
 */
export function runsDemo(settings: Settings, choice: DemoChoice): boolean {
	if (settings.SOURCE_DATABASE_URL !== undefined || settings.MCP_CONFIG !== undefined) return false
	if (choice === "by default") return settings.GITHUB_REPOSITORY === undefined
	return choice === "beside GitHub"
}

/** `host:port` for a client; the address of "every interface" becomes loopback. */
export function authority({ host, port }: ListenAddress): string {
	if (host === "0.0.0.0") return `127.0.0.1:${port}`
	if (host === "::") return `[::1]:${port}`
	return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`
}

/** `host:port` for `*_LISTEN` variables and servers' options. */
export function listenText({ host, port }: ListenAddress): string {
	return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`
}
