import { serversOf } from "../../core/clients/endpoint.ts"
import { createPrometheus } from "../../core/clients/prometheus.ts"
import { shippedFile } from "../../core/lib/files.ts"
import { createAlertmanager } from "../clients/alertmanager.ts"
import { createBoardDatabase } from "../clients/board-database.ts"
import { createBoardFiles } from "../clients/board-files.ts"
import { NO_BRAKES, readBrakes } from "../clients/brakes/config.ts"
import { CompiledAlerts } from "../clients/compiled-alerts.ts"
import { createGitHubWorkflow } from "../clients/github.ts"
import { createSessionProcesses } from "../clients/processes/session-processes.ts"
import { createSeenSessions } from "../clients/seen-sessions.ts"
import { createSessions } from "../clients/sessions.ts"
import { createSilences } from "../clients/silences.ts"
import type { WebhookEnvironment } from "../config.ts"
import type { Clients, Context } from "../context.ts"
import type { Pools } from "./pools.ts"

/**
 * The clients of the programs that the environment names.
 *
 * @throws ObservatoryError when the file of brakes has mistakes
 */
export function createClients(
	config: WebhookEnvironment,
	pools: Pools,
	{ clock, log }: Pick<Context, "clock" | "log">,
): Clients {
	const servers = serversOf(config)
	const prometheus = createPrometheus(servers.prometheus)
	const host = { uid: process.getuid?.() ?? 0, platform: process.platform }
	const { brakes, processes } = config.BRAKES_CONFIG === undefined ? NO_BRAKES : readBrakes(config.BRAKES_CONFIG, host)
	return {
		prometheus,
		compiledAlerts: new CompiledAlerts(prometheus, clock, log),
		alertmanager: createAlertmanager(servers.alertmanager),
		silences: createSilences(servers.alertmanager),
		sessions: createSessions(pools.control),
		seenSessions: createSeenSessions(pools.seenSessions),
		boardFiles: createBoardFiles(config.BOARDS_FOLDER ?? shippedFile("grafana/dashboards")),
		boardDatabase: pools.boards && createBoardDatabase(pools.boards),
		telemetryDatabase: pools.telemetry && createBoardDatabase(pools.telemetry),
		workflow: workflowOf(config),
		brakes,
		sessionProcesses: processes && createSessionProcesses(processes),
	}
}

function workflowOf(config: WebhookEnvironment): Clients["workflow"] {
	const { GITHUB_REPOSITORY: repository, GITHUB_TOKEN: token } = config
	if (!repository || !token) return undefined
	return createGitHubWorkflow({
		repository,
		token,
		workflow: config.GITHUB_WORKFLOW,
		apiUrl: config.GITHUB_API_URL,
	})
}
