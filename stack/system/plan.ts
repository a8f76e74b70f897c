import type { Secret } from "../secrets.ts"
import { authority, listenText, type Settings } from "../settings.ts"
import type { StateDir } from "../state-dir.ts"
import type { Machine } from "./machine.ts"

/** All that the parts need to know; made once, before anything starts. */
export interface Plan {
	readonly projectRoot: string
	readonly home: StateDir
	/** With every port settled. */
	readonly settings: Settings
	readonly machine: Machine
	/** Our database, as the programs reach it. */
	readonly databaseUrl: string
	/** The monitored system's database: a real one, the demo's, or ours when it lives there as well. */
	readonly sourceUrl: string
	/** What Alertmanager shows to the webhook. */
	readonly webhookToken: Secret
	/** What people sign in to the console with. */
	readonly consoleToken: Secret
	readonly demo: boolean
	readonly install: boolean
	/** What the programs inherit. */
	readonly env: NodeJS.ProcessEnv
}

/** The addresses that people and programs use. */
export function urlsOf(settings: Settings) {
	const at = (listen: Parameters<typeof authority>[0]) => `http://${authority(listen)}`
	return {
		exporters: at(settings.EXPORTERS_LISTEN),
		otlp: at(settings.OTLP_LISTEN),
		webhook: settings.WEBHOOK_URL ?? at(settings.WEBHOOK_LISTEN),
		prometheus: settings.PROMETHEUS_URL ?? at(settings.PROMETHEUS_LISTEN),
		alertmanager: settings.ALERTMANAGER_URL ?? at(settings.ALERTMANAGER_LISTEN),
		grafana: settings.GRAFANA_URL ?? at(settings.GRAFANA_LISTEN),
	}
}

/** The environment of our own programs: what the runner got, with everything that it has decided. */
export function programEnv(plan: Plan): NodeJS.ProcessEnv {
	const { settings } = plan
	const urls = urlsOf(settings)
	return {
		...plan.env,
		DATABASE_URL: plan.databaseUrl,
		SOURCE_DATABASE_URL: plan.sourceUrl,
		EXPORTERS_LISTEN: listenText(settings.EXPORTERS_LISTEN),
		OTLP_LISTEN: listenText(settings.OTLP_LISTEN),
		WEBHOOK_LISTEN: listenText(settings.WEBHOOK_LISTEN),
		DEMO_LISTEN: listenText(settings.DEMO_LISTEN),
		DEMO_MCP_LISTEN: listenText(settings.DEMO_MCP_LISTEN),
		PROMETHEUS_URL: urls.prometheus,
		ALERTMANAGER_URL: urls.alertmanager,
		GRAFANA_URL: urls.grafana,
		WEBHOOK_URL: urls.webhook,
		OBSERVATORY_HOME: plan.home.root,
		// A variable and its file form together are an error, so the form that was resolved here goes.
		WEBHOOK_TOKEN: undefined,
		WEBHOOK_TOKEN_FILE: plan.webhookToken.file,
		CONSOLE_TOKEN: undefined,
		CONSOLE_TOKEN_FILE: plan.consoleToken.file,
		DATABASE_URL_FILE: undefined,
		SOURCE_DATABASE_URL_FILE: undefined,
	}
}
