import { loadMcpConfig, problemsOf } from "../../core/lib/mcp-config.ts"
import { checkDatabase } from "../database-check.ts"
import { type Claim, checkPortsFree } from "../ports.ts"
import { databaseEnv, type Plan, programEnv } from "./plan.ts"
import { notHere } from "./servers.ts"

/**
 * Checks the configuration before any process starts. Returns what is wrong and stops nothing.
 *
 * @throws ObservatoryError for what keeps it from starting
 */
export async function preflight(plan: Plan): Promise<readonly string[]> {
	const { DATABASE_URL, SOURCE_DATABASE_URL, MCP_CONFIG } = plan.settings
	const env = { ...programEnv(plan), ...databaseEnv(plan, "exporters") }
	const servers = MCP_CONFIG === undefined ? [] : await loadMcpConfig(MCP_CONFIG, env)
	await checkPortsFree(claimsOf(plan))
	if (DATABASE_URL !== undefined) await checkDatabase(DATABASE_URL, "DATABASE_URL", true)
	if (SOURCE_DATABASE_URL !== undefined) await checkDatabase(SOURCE_DATABASE_URL, "SOURCE_DATABASE_URL", false)
	return problemsOf(servers).map((problem) => `${MCP_CONFIG}: ${problem}; it is shown as a failed server`)
}

function claimsOf({ settings, ...plan }: Plan): Claim[] {
	const whole = { settings, ...plan }
	const absent = plan.install ? [] : notHere(whole)
	const claim = (variable: `${string}_LISTEN` & keyof typeof settings, title: string): Claim => ({
		variable,
		title,
		address: settings[variable],
	})
	return [
		...(settings.DATABASE_URL === undefined ? [claim("POSTGRES_LISTEN", "PostgreSQL")] : []),
		claim("EXPORTERS_LISTEN", "The exporters' endpoint"),
		claim("OTLP_LISTEN", "The OTLP receiver"),
		claim("OTLP_GRPC_LISTEN", "The OTLP receiver's gRPC"),
		claim("WEBHOOK_LISTEN", "The webhook"),
		...(absent.includes("prometheus") ? [] : [claim("PROMETHEUS_LISTEN", "Prometheus")]),
		...(plan.demo
			? [
					claim("DEMO_LISTEN", "The demo"),
					claim("DEMO_MCP_LISTEN", "The demo's MCP server"),
					claim("DEMO_POSTGRES_LISTEN", "The demo's PostgreSQL"),
				]
			: []),
		...(absent.includes("alertmanager") ? [] : [claim("ALERTMANAGER_LISTEN", "Alertmanager")]),
		...(absent.includes("grafana") ? [] : [claim("GRAFANA_LISTEN", "Grafana")]),
	]
}
