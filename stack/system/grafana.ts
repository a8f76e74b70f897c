import { existsSync, mkdirSync, realpathSync } from "node:fs"
import { dirname, join } from "node:path"
import { SERVER_USER } from "../../core/clients/endpoint.ts"
import { locate } from "../packages/programs.ts"
import type { Service } from "../parts/part.ts"
import { probeHttp } from "../probe.ts"
import type { Command } from "../process/children.ts"
import { ensureSecret } from "../secrets.ts"
import { authority } from "../settings.ts"
import { type Plan, serverEnv, urlsOf } from "./plan.ts"
import { located } from "./servers.ts"

/** Grafana, if it is installed, with the boards of `grafana/dashboards` and its data in `.observatory/grafana`. */
export function grafanaPart(plan: Plan, prepareReader: PrepareReader): Service {
	const { home, settings, machine } = plan
	const url = `http://${authority(settings.GRAFANA_LISTEN)}`
	const expected = plan.install || locate("grafana", machine.searchPath, home.packages) !== undefined
	return {
		kind: "service",
		name: "grafana",
		title: "Grafana",
		...(expected ? { address: urlsOf(settings).grafana } : {}),
		// The reader's role gets its rights once the exporters have created the views.
		needs: ["exporters"],
		after: plan.install ? ["packages"] : [],
		async prepare() {
			// The console's boards read through this role as well, also where there is no Grafana.
			await prepareReader()
			return located(plan, "grafana", ({ file }) => grafanaCommand(plan, file, prepareReader))
		},
		ports: [settings.GRAFANA_LISTEN.port],
		probe: (signal) => probeHttp(`${url}/api/health`, signal),
		readyWithinMs: 120_000,
		stopSignal: "SIGTERM",
		stopWithinMs: 15_000,
	}
}

/** Creates Grafana's database role; `url` is its connection string for the contract, `telemetryUrl` for stored telemetry. */
export interface PrepareReader {
	(): Promise<void>
	readonly url: string
	readonly telemetryUrl: string
}

/** The variables of a data source of PostgreSQL. */
function databaseEnv(name: "POSTGRES" | "TELEMETRY", url: string): NodeJS.ProcessEnv {
	const database = new URL(url)
	return {
		[`GF_OBSERVATORY_${name}_ADDRESS`]: `${database.hostname}:${database.port || "5432"}`,
		[`GF_OBSERVATORY_${name}_DATABASE`]: decodeURIComponent(database.pathname.slice(1)),
		[`GF_OBSERVATORY_${name}_USER`]: decodeURIComponent(database.username),
		[`GF_OBSERVATORY_${name}_PASSWORD`]: decodeURIComponent(database.password),
		[`GF_OBSERVATORY_${name}_SSLMODE`]: database.searchParams.get("sslmode") ?? "disable",
	}
}

function grafanaCommand(plan: Plan, file: string, readers: PrepareReader): Command {
	const { home, settings, projectRoot } = plan
	const urls = urlsOf(settings)
	const password = ensureSecret(home.secrets, "grafana_admin_password")
	const data = join(home.grafana, "data")
	mkdirSync(data, { recursive: true })
	const env = {
		...serverEnv(plan),
		GF_SERVER_HTTP_ADDR: settings.GRAFANA_LISTEN.host,
		GF_SERVER_HTTP_PORT: String(settings.GRAFANA_LISTEN.port),
		GF_SERVER_ROOT_URL: urls.grafana,
		GF_SECURITY_ADMIN_PASSWORD: `$__file{${password.file}}`,
		GF_PATHS_DATA: data,
		GF_PATHS_LOGS: home.logs,
		// Its output goes to a log whose size the runner bounds.
		GF_LOG_MODE: "console",
		GF_PATHS_PROVISIONING: join(projectRoot, "grafana/provisioning"),
		GF_ANALYTICS_REPORTING_ENABLED: "false",
		GF_ANALYTICS_CHECK_FOR_UPDATES: "false",
		GF_OBSERVATORY_DASHBOARDS: join(projectRoot, "grafana/dashboards"),
		...databaseEnv("POSTGRES", readers.url),
		...databaseEnv("TELEMETRY", readers.telemetryUrl),
		PROMETHEUS_URL: urls.prometheus,
		GF_OBSERVATORY_PROMETHEUS_USER: SERVER_USER,
		GF_OBSERVATORY_PROMETHEUS_PASSWORD: plan.prometheusPassword.value,
		ALERTMANAGER_URL: urls.alertmanager,
		GF_OBSERVATORY_ALERTMANAGER_USER: SERVER_USER,
		GF_OBSERVATORY_ALERTMANAGER_PASSWORD: plan.alertmanagerPassword.value,
	}
	const server = file.endsWith("grafana") ? ["server"] : []
	return { file, args: [...server, `--homepath=${homeOf(file)}`], env, cwd: home.grafana }
}

/** Grafana's own files are beside its program, or in the folder of distribution packages. */
function homeOf(file: string): string {
	const prefix = dirname(dirname(realpathSync(file)))
	const candidates = [prefix, join(prefix, "share/grafana"), "/usr/share/grafana"]
	return candidates.find((folder) => existsSync(join(folder, "conf/defaults.ini"))) ?? prefix
}
