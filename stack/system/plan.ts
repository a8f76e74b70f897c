import { basic, type Endpoint, SERVER_USER } from "../../core/clients/endpoint.ts"
import type { ProgramRole } from "../postgres/account.ts"
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
	/** URL of the observatory database, as its owner. */
	readonly databaseUrl: string
	/**
	 * The URLs of our programs: of the observatory database, and of the monitored one, which is a real one, the demo's, or the
	 * observatory database itself. In a server of ours each program has a role of its own.
	 */
	readonly programUrls: Readonly<Record<ProgramRole, { readonly own: string; readonly source: string }>>
	/** URL of the demo's database, as its owner. */
	readonly demoUrl: string | undefined
	/** The token that Alertmanager sends to the webhook. */
	readonly webhookToken: Secret
	/** The key of acknowledgement links. Not the webhook's token, which Alertmanager reads as well. */
	readonly linkSigningKey: Secret
	/** The token for signing in to the console. */
	readonly consoleToken: Secret
	/** The passwords of Prometheus and Alertmanager. */
	readonly prometheusPassword: Secret
	readonly alertmanagerPassword: Secret
	/** The token that Prometheus sends to the exporters and the webhook. */
	readonly metricsToken: Secret
	/** The token that senders of OTLP data need. */
	readonly otlpToken: Secret
	readonly demo: boolean
	readonly install: boolean
	/** The environment that the programs inherit. */
	readonly env: NodeJS.ProcessEnv
}

/**
 * The URLs for people and programs. People reach the console under a name of its own: a browser sends a cookie to every
 * port of its host name. Only browsers resolve such a name everywhere, so programs use `webhook`.
 */
export function urlsOf(settings: Settings) {
	const at = (listen: Parameters<typeof authority>[0]) => `http://${authority(listen)}`
	return {
		exporters: at(settings.EXPORTERS_LISTEN),
		otlp: at(settings.OTLP_LISTEN),
		otlpGrpc: at(settings.OTLP_GRPC_LISTEN),
		webhook: at(settings.WEBHOOK_LISTEN),
		console: settings.WEBHOOK_URL ?? `http://${CONSOLE_NAME}:${settings.WEBHOOK_LISTEN.port}`,
		prometheus: settings.PROMETHEUS_URL ?? at(settings.PROMETHEUS_LISTEN),
		alertmanager: settings.ALERTMANAGER_URL ?? at(settings.ALERTMANAGER_LISTEN),
		grafana: settings.GRAFANA_URL ?? at(settings.GRAFANA_LISTEN),
	}
}

/** Browsers resolve every name below `localhost` to this machine (RFC 6761). */
const CONSOLE_NAME = "observatory.localhost"

/** The URL and the credential of Prometheus. */
export const prometheusOf = ({ settings, prometheusPassword }: Plan): Endpoint => ({
	url: `http://${authority(settings.PROMETHEUS_LISTEN)}`,
	authorization: basic(SERVER_USER, prometheusPassword.value),
})

const asFile = (name: string, secret: Secret) => ({ [name]: undefined, [`${name}_FILE`]: secret.file })

/** The variables that third-party programs need; none is a secret of ours. */
const NEEDED =
	/^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_.*|TZ|TMPDIR|(HTTPS?|NO)_PROXY|(https?|no)_proxy|SSL_CERT_(FILE|DIR)|TSX_DISABLE_CACHE|GO(GC|MAXPROCS|MEMLIMIT|DEBUG)|GF_.*)$/

/** The environment of third-party programs: Prometheus, Alertmanager, Grafana. */
export const serverEnv = ({ env }: Plan): NodeJS.ProcessEnv =>
	Object.fromEntries(Object.entries(env).filter(([name]) => NEEDED.test(name)))

/** The URLs of the databases, for a program. */
export const databaseEnv = ({ programUrls }: Plan, role: ProgramRole): NodeJS.ProcessEnv => ({
	DATABASE_URL: programUrls[role].own,
	SOURCE_DATABASE_URL: programUrls[role].source,
})

/** The environment of our own programs: the runner's own, with the resolved settings, and no database. */
export function programEnv(plan: Plan): NodeJS.ProcessEnv {
	const { settings } = plan
	const urls = urlsOf(settings)
	return {
		...plan.env,
		DATABASE_URL: undefined,
		SOURCE_DATABASE_URL: undefined,
		EXPORTERS_LISTEN: listenText(settings.EXPORTERS_LISTEN),
		OTLP_LISTEN: listenText(settings.OTLP_LISTEN),
		OTLP_GRPC_LISTEN: listenText(settings.OTLP_GRPC_LISTEN),
		WEBHOOK_LISTEN: listenText(settings.WEBHOOK_LISTEN),
		DEMO_LISTEN: listenText(settings.DEMO_LISTEN),
		DEMO_MCP_LISTEN: listenText(settings.DEMO_MCP_LISTEN),
		PROMETHEUS_URL: urls.prometheus,
		ALERTMANAGER_URL: urls.alertmanager,
		GRAFANA_URL: urls.grafana,
		WEBHOOK_URL: urls.console,
		OBSERVATORY_HOME: plan.home.root,
		// A variable and its file form together are an error, so the resolved form is removed.
		...asFile("WEBHOOK_TOKEN", plan.webhookToken),
		...asFile("LINK_SIGNING_KEY", plan.linkSigningKey),
		...asFile("CONSOLE_TOKEN", plan.consoleToken),
		...asFile("METRICS_TOKEN", plan.metricsToken),
		...asFile("OTLP_TOKEN", plan.otlpToken),
		...asFile("PROMETHEUS_PASSWORD", plan.prometheusPassword),
		...asFile("ALERTMANAGER_PASSWORD", plan.alertmanagerPassword),
		PROMETHEUS_USER: SERVER_USER,
		ALERTMANAGER_USER: SERVER_USER,
		DATABASE_URL_FILE: undefined,
		SOURCE_DATABASE_URL_FILE: undefined,
	}
}
