import { readFileSync } from "node:fs"
import { join } from "node:path"
import { z } from "zod"
import { basicFromFile, serversOf, serverVariables } from "../../../core/clients/endpoint.ts"
import { type Env, listenAddress, loadConfig, postgresUrl } from "../../../core/lib/config.ts"
import { withLocalAddresses, withLocalRun, withLocalServers, withLocalTokens } from "../../../core/lib/local-run.ts"

const variables = z.object({
	...serverVariables,
	OBSERVATORY_HOME: z.string().default(".observatory"),
	EXPORTERS_LISTEN: listenAddress("127.0.0.1:9464"),
	OTLP_LISTEN: listenAddress("127.0.0.1:4318"),
	WEBHOOK_LISTEN: listenAddress("127.0.0.1:9099"),
	PROMETHEUS_LISTEN: listenAddress("127.0.0.1:9090"),
	ALERTMANAGER_LISTEN: listenAddress("127.0.0.1:9093"),
	GRAFANA_LISTEN: listenAddress("127.0.0.1:3000"),
	POSTGRES_LISTEN: listenAddress("127.0.0.1:5433"),
	DEMO_LISTEN: listenAddress("127.0.0.1:9465"),
	DEMO_MCP_LISTEN: listenAddress("127.0.0.1:9466"),
	DEMO_POSTGRES_LISTEN: listenAddress("127.0.0.1:5434"),
	METRICS_TOKEN: z.string().optional(),
	OTLP_TOKEN: z.string().optional(),
	WEBHOOK_TOKEN: z.string().optional(),
	DATABASE_URL: postgresUrl().optional(),
	SOURCE_DATABASE_URL: postgresUrl().optional(),
	GATE_SETTINGS_FILE: z.string().optional(),
	GATE_FLAG_FILE: z.string().optional(),
	CLAUDE_CONFIG_DIR: z.string().optional(),
	HOME: z.string().default("/"),
})

/** What is checked here, and the credentials that the checks present. */
export interface Installation {
	readonly home: string
	readonly config: z.output<typeof variables>
	/** Authorization headers; undefined where none is known here. */
	readonly credentials: Readonly<
		Record<
			"metrics" | "otlp" | "webhook" | "prometheus" | "alertmanager" | "grafana" | "demo" | "mcp",
			string | undefined
		>
	>
	/** Where each credential is, for the advice. */
	readonly env: Env
}

/** Reads the environment, completed by the local run in this folder. @throws ObservatoryError `config_invalid` */
export function readInstallation(env: Env): Installation {
	const complete = withLocalTokens(withLocalServers(withLocalAddresses(withLocalRun(env))))
	const config = loadConfig(variables, complete)
	const home = config.OBSERVATORY_HOME
	const secrets = join(home, "secrets")
	const servers = serversOf(config)
	return {
		home,
		config,
		env: complete,
		credentials: {
			metrics: bearer(config.METRICS_TOKEN),
			otlp: bearer(config.OTLP_TOKEN),
			webhook: bearer(config.WEBHOOK_TOKEN),
			prometheus: servers.prometheus.authorization,
			alertmanager: servers.alertmanager.authorization,
			grafana: readable(() => basicFromFile(join(secrets, "grafana_admin_password"), "admin")),
			demo: readable(() => bearer(readFileSync(join(secrets, "demo-token"), "utf8").trim())),
			mcp: readable(() => mcpHeader(readFileSync(join(home, "run", "demo-mcp.json"), "utf8"))),
		},
	}
}

const bearer = (token: string | undefined) => (token === undefined ? undefined : `Bearer ${token}`)

const mcpConfig = z.object({
	mcpServers: z.object({ everything: z.object({ headers: z.object({ Authorization: z.string() }) }) }),
})
const mcpHeader = (text: string) => mcpConfig.parse(JSON.parse(text)).mcpServers.everything.headers.Authorization

/** A credential of another user, or of a part that has not run here, is unknown. */
function readable(read: () => string | undefined): string | undefined {
	try {
		return read()
	} catch {
		return undefined
	}
}
