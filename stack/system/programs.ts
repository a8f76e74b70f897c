import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { ListenAddress } from "../../core/lib/config.ts"
import { writeAtomic } from "../../core/lib/files.ts"
import { locate } from "../packages/programs.ts"
import type { Service } from "../parts/part.ts"
import { probeHttp } from "../probe.ts"
import type { Command } from "../process/children.ts"
import { entryPoint, nodeCommand } from "../process/node-command.ts"
import { authority, listenText } from "../settings.ts"
import { databaseEnv, type Plan, programEnv, serverEnv, urlsOf } from "./plan.ts"

const READY_WITHIN_MS = 60_000

/**
 * With a semi-space of 64 MiB instead of 16, a notification's garbage dies young. In an alert storm that saves a third of
 * the CPU time; the memory is used only then.
 */
export const WEBHOOK_FLAGS = ["--max-semi-space-size=64"]

function ourProgram(plan: Plan, program: string, env: NodeJS.ProcessEnv = {}, flags: readonly string[] = []): Command {
	const { file, args } = nodeCommand(entryPoint(program))
	return { file, args: [...flags, ...args], env: { ...programEnv(plan), ...env }, cwd: plan.projectRoot }
}

const http = (url: string, ...listens: readonly ListenAddress[]) => ({
	ports: listens.map(({ port }) => port),
	probe: (signal: AbortSignal) => probeHttp(url, signal),
	readyWithinMs: READY_WITHIN_MS,
	stopSignal: "SIGTERM" as const,
	stopWithinMs: 10_000,
})

/** The exporters and the OTLP receiver, in one process. */
export function exportersPart(plan: Plan): Service {
	const urls = urlsOf(plan.settings)
	return {
		kind: "service",
		name: "exporters",
		title: "Exporters",
		address: `${urls.exporters}  (OTLP ${urls.otlp})`,
		needs: ["migrations"],
		// The demo writes the file of its MCP servers, which the exporters read at their start.
		after: plan.demo ? ["demo"] : [],
		prepare: async () =>
			ourProgram(plan, "exporters/main", {
				...databaseEnv(plan, "exporters"),
				...(plan.demo ? { MCP_CONFIG: demoMcpConfig(plan) } : {}),
			}),
		...http(`${urls.exporters}/healthz`, plan.settings.EXPORTERS_LISTEN, plan.settings.OTLP_LISTEN),
	}
}

/** Databases that the boards read, each through a role that may only read. */
interface BoardUrls {
	readonly url: string
	/** Of stored spans and log records. */
	readonly telemetryUrl: string
}

/** The webhook and the console. */
export function webhookPart(plan: Plan, boards: BoardUrls): Service {
	const urls = urlsOf(plan.settings)
	return {
		kind: "service",
		name: "webhook",
		title: "Webhook and console",
		address: urls.console,
		needs: ["migrations"],
		prepare: async () => ourProgram(plan, "alert-webhook/main", webhookEnv(plan, boards), WEBHOOK_FLAGS),
		...http(`${urls.webhook}/healthz`, plan.settings.WEBHOOK_LISTEN),
	}
}

function webhookEnv(plan: Plan, boards: BoardUrls): NodeJS.ProcessEnv {
	const { env, settings, machine, home } = plan
	const hasGrafana = locate("grafana", machine.searchPath, home.packages) !== undefined
	const unlessGiven = (name: string, value: string) =>
		env[name] === undefined && env[`${name}_FILE`] === undefined ? { [name]: value } : {}
	return {
		...databaseEnv(plan, "webhook"),
		...(plan.demo && env.REMEDIATION_CONFIG === undefined ? { REMEDIATION_CONFIG: writeDemoRestarters(plan) } : {}),
		...unlessGiven("BOARDS_DATABASE_URL", boards.url),
		...unlessGiven("BOARDS_TELEMETRY_URL", boards.telemetryUrl),
		// The console links to a Grafana that runs, and to its own boards otherwise.
		...(hasGrafana ? {} : { GRAFANA_URL: settings.GRAFANA_URL }),
	}
}

/** The demo's restarters: for the MCP server that "npm run demo -- break mcp" kills. */
function writeDemoRestarters({ home, settings }: Plan): string {
	const file = join(home.run, "demo-remediation.json")
	const http = {
		url: `http://${authority(settings.DEMO_LISTEN)}/repair/mcp`,
		token_file: join(home.secrets, "demo-token"),
	}
	const content = JSON.stringify({ mcp_servers: { everything: { http } } }, null, "\t")
	// A restart must not need space on the disk for what is there already.
	if (!existsSync(file) || readFileSync(file, "utf8") !== content) writeAtomic(file, content)
	return file
}

const demoMcpConfig = ({ home }: Plan) => join(home.run, "demo-mcp.json")

/** The demo simulates a third-party program: it knows only its own database and the token for its spans. */
function demoEnv(plan: Plan): NodeJS.ProcessEnv {
	const { settings, env, home } = plan
	const given = Object.entries(env).filter(([name]) => /^(DEMO_|OTEL_|LOG_LEVEL$)/.test(name))
	return {
		...serverEnv(plan),
		...Object.fromEntries(given),
		DATABASE_URL: plan.demoUrl,
		OBSERVATORY_HOME: home.root,
		OTLP_LISTEN: listenText(settings.OTLP_LISTEN),
		OTLP_TOKEN_FILE: plan.otlpToken.file,
		WEBHOOK_URL: urlsOf(settings).webhook,
		DEMO_LISTEN: listenText(settings.DEMO_LISTEN),
		DEMO_MCP_LISTEN: listenText(settings.DEMO_MCP_LISTEN),
		DEMO_MCP_CONFIG: demoMcpConfig(plan),
	}
}

/** A simulated autonomous system, for use before a real one is connected. */
export function demoPart(plan: Plan): Service {
	const url = `http://${authority(plan.settings.DEMO_LISTEN)}`
	return {
		kind: "service",
		name: "demo",
		title: "Autonomous system",
		demo: true,
		address: url,
		needs: ["demo-postgres"],
		prepare: async () => ({ ...ourProgram(plan, "demo/main"), env: demoEnv(plan) }),
		...http(`${url}/healthz`, plan.settings.DEMO_LISTEN),
	}
}
