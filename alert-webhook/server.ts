import path from "node:path"
import { serversOf } from "../core/clients/endpoint.ts"
import { createPrometheus } from "../core/clients/prometheus.ts"
import { createDatabase, createPipelined, createPool } from "../core/db/client.ts"
import { migrate } from "../core/db/migrate.ts"
import { type Clock, systemClock } from "../core/lib/clock.ts"
import { shippedFile } from "../core/lib/files.ts"
import { type HttpServer, listen, listenBeside } from "../core/lib/http.ts"
import type { Lifecycle } from "../core/lib/lifecycle.ts"
import type { Logger } from "../core/lib/log.ts"
import { PeriodicTask } from "../core/lib/periodic.ts"
import { MetricRegistry } from "../core/metrics/registry.ts"
import type { Runtime } from "../core/metrics/runtime.ts"
import { createAlertmanager } from "./clients/alertmanager.ts"
import { readApprovalRules } from "./clients/approval-rules.ts"
import { createBoardDatabase } from "./clients/board-database.ts"
import { createBoardFiles } from "./clients/board-files.ts"
import { NO_BRAKES, readBrakes } from "./clients/brakes/config.ts"
import { CompiledAlerts } from "./clients/compiled-alerts.ts"
import { createGitHubWorkflow } from "./clients/github.ts"
import { createSessionProcesses } from "./clients/processes/session-processes.ts"
import { NO_RESTARTERS, readRestarters } from "./clients/restarters/config.ts"
import { createSeenSessions } from "./clients/seen-sessions.ts"
import { createSessions } from "./clients/sessions.ts"
import { createSilences } from "./clients/silences.ts"
import type { WebhookEnvironment } from "./config.ts"
import type { Clients, Context } from "./context.ts"
import { Attempts } from "./domain/access/attempts.ts"
import { sameSecret } from "./domain/access/secrets.ts"
import { CHALLENGE_MS, challengeKey } from "./domain/challenge.ts"
import { crashAt, killProcess, NO_CRASH } from "./domain/crash-points.ts"
import { readPolicies, shippedPolicies } from "./domain/escalation/policies.ts"
import { linkKey } from "./domain/signed-link.ts"
import { UnsavedStop } from "./domain/unsaved-stop.ts"
import { createMetrics } from "./metrics.ts"
import { watchAudit } from "./store/audit/watch.ts"
import { countCrash, countersCollector } from "./store/counters/counted.ts"
import { migrateJobs } from "./store/jobs/migrate.ts"
import { JobWorker } from "./store/jobs/worker.ts"
import { watchChannels } from "./store/pages/channels.ts"
import { findToken } from "./store/tokens.ts"
import { createApp } from "./web/app.ts"
import type { Guard } from "./web/http/guard.ts"
import { allRoutes } from "./web/routes.ts"
import { Changes } from "./workflows/changes.ts"
import { measureClocks } from "./workflows/clock/measure.ts"
import { applyToBrakes } from "./workflows/control/brakes.ts"
import { saveUnsavedStop } from "./workflows/control/change.ts"
import { applyToProcesses } from "./workflows/control/processes.ts"
import { applyToSessions } from "./workflows/control/sessions.ts"
import { applyToWorkflow } from "./workflows/control/workflow.ts"
import { auditEscalations } from "./workflows/escalation/audit.ts"
import { askOnThisHost, expireCalls } from "./workflows/gate/approve-call.ts"
import { challengeThisHost } from "./workflows/gate/challenge-this-host.ts"
import { hookScript } from "./workflows/gate/hook-script.ts"
import { selfTest } from "./workflows/gate/self-test.ts"
import { measureStoppable } from "./workflows/gate/stoppable.ts"
import { adoptUnsavedStop, writeGateFlag } from "./workflows/gate/write-gate-flag.ts"
import { createIntake } from "./workflows/ingest/receive.ts"
import { handlersFor } from "./workflows/job-handlers.ts"
import { recordDurations } from "./workflows/lifecycle/record-durations.ts"
import { runMaintenance } from "./workflows/maintenance/run-maintenance.ts"
import { coverageCollector } from "./workflows/metrics/alert-coverage.ts"
import { auditActionsCollector } from "./workflows/metrics/audit-actions.ts"
import { sendPages } from "./workflows/paging/send.ts"
import { watchHeartbeat } from "./workflows/paging/watch-heartbeat.ts"
import { watchSilences } from "./workflows/paging/watch-silences.ts"
import { startReconciling } from "./workflows/reconcile/start-reconciling.ts"
import { closeSuperseded } from "./workflows/reconcile/superseded.ts"
import { ScoredAlerts } from "./workflows/scoring/alerts.ts"
import { type Scoring, scoreIncidents } from "./workflows/scoring/attach.ts"
import { anomalyCollector } from "./workflows/scoring/collector.ts"
import { Histories } from "./workflows/scoring/histories.ts"

export interface ServerOptions {
	readonly config: WebhookEnvironment
	readonly version: string
	readonly log: Logger
	readonly life: Pick<Lifecycle, "onClose"> & Partial<Pick<Lifecycle, "onCrash">>
	readonly clock?: Clock
	/** The process' own metrics. */
	readonly runtime?: Runtime
}

/** Builds and starts the receiver: migrations, then the HTTP server. */
export async function startWebhook(options: ServerOptions): Promise<HttpServer> {
	const { config, log, life, clock = systemClock } = options
	const restarters = config.REMEDIATION_CONFIG === undefined ? NO_RESTARTERS : readRestarters(config.REMEDIATION_CONFIG)
	const policies = readPolicies(config.ESCALATION_POLICIES ?? shippedPolicies())
	await migrate(config.DATABASE_URL)
	await migrateJobs(config.DATABASE_URL)
	const pool = createPool(config.DATABASE_URL, { applicationName: "mcp-observatory alert-webhook", max: 10 })
	life.onClose("the database", () => pool.end())
	// A pool of its own, so that the console cannot delay an alert.
	const intakePool = createPool(config.DATABASE_URL, {
		applicationName: "mcp-observatory intake",
		max: 1,
		pipeline: true,
	})
	life.onClose("the intake's database", () => intakePool.end())
	const sessionPool = (url: string) => {
		const made = createPool(url, { applicationName: "mcp-observatory control", max: 2, statementTimeoutMs: 5_000 })
		life.onClose("the sessions' database", () => made.end())
		return made
	}
	const monitored = config.SOURCE_DATABASE_URL
	const sessionPools = () => ({
		own: sessionPool(config.DATABASE_URL),
		...(monitored === undefined || monitored === config.DATABASE_URL ? {} : { source: sessionPool(monitored) }),
	})

	const telemetry = new MetricRegistry({ clock, log })
	if (options.runtime) telemetry.addRuntime(options.runtime)
	const ctx: Context = {
		db: createDatabase(pool),
		clock,
		log,
		metrics: createMetrics(telemetry, options.version),
		clients: {
			...clientsOf(config, clock, log),
			sessions: createSessions(sessionPools()),
			// With pools of its own: a stop must not wait for it.
			seenSessions: createSeenSessions(sessionPools()),
			boardFiles: createBoardFiles(config.BOARDS_FOLDER ?? shippedFile("grafana/dashboards")),
			boardDatabase: boardDatabaseOf(config, life),
		},
		settings: {
			consoleUrl: config.WEBHOOK_URL ?? `http://${config.WEBHOOK_LISTEN.host}:${config.WEBHOOK_LISTEN.port}`,
			linkKey: linkKey(config.LINK_SIGNING_KEY, config.WEBHOOK_TOKEN),
			sessionKey: config.CONSOLE_TOKEN ?? "",
			restarters,
			programEnv: { PATH: config.PATH, HOME: config.HOME },
			policies,
			criticalChannels: config.CRITICAL_CHANNELS,
			verifyEveryMs: config.VERIFY_EVERY,
			verifyForMs: config.VERIFY_FOR,
			actionTimeoutMs: 60_000,
			runnerStatus: path.resolve(config.OBSERVATORY_HOME, "run", "status.json"),
			challengeKey: challengeKey(config.GATE_TOKEN ?? config.WEBHOOK_TOKEN),
			challenges: config.GATE_TOKEN !== undefined || config.GATE_SETTINGS_FILE !== undefined,
			gateHost: config.GATE_HOST,
			approvalRules: config.APPROVAL_RULES === undefined ? undefined : readApprovalRules(config.APPROVAL_RULES),
			gateFlag: path.resolve(config.GATE_FLAG_FILE ?? path.join(config.OBSERVATORY_HOME, "run", "gate.json")),
		},
		unsavedStop: new UnsavedStop(),
		startedAt: clock.now(),
		reached: config.CRASH_AT ? crashAt(config.CRASH_AT, killProcess) : NO_CRASH,
	}
	telemetry.collect(countersCollector(ctx))
	const { prometheus, compiledAlerts } = ctx.clients
	telemetry.collect(anomalyCollector({ prometheus, histories: new Histories(prometheus), clock }))
	telemetry.collect(coverageCollector(compiledAlerts))
	telemetry.collect(auditActionsCollector(ctx))
	const guard: Guard = {
		webhookToken: config.WEBHOOK_TOKEN,
		personOf: async (token) =>
			config.CONSOLE_TOKEN !== undefined && sameSecret(token, config.CONSOLE_TOKEN)
				? { actor: "console token", role: "admin", tokenId: null }
				: findToken(ctx, token),
		attempts: new Attempts(clock),
	}
	const changes = new Changes(ctx)
	const secure = config.WEBHOOK_URL?.startsWith("https:") ?? false
	const intake = createIntake(ctx, createPipelined(intakePool))
	const reconciling = startReconciling(ctx, {
		intake,
		receiver: config.ALERTMANAGER_RECEIVER,
		everyMs: config.RECONCILE_EVERY,
		closeAfterMs: config.RECONCILE_CLOSE_AFTER,
	})
	life.onClose("comparing with Alertmanager", () => reconciling.close())
	const routes = allRoutes({
		telemetry,
		metricsToken: config.METRICS_TOKEN,
		guard,
		intake,
		gateToken: config.GATE_TOKEN,
		onTruncated: () => reconciling.runSoon(),
		secure,
		changes,
		grafanaUrl: config.GRAFANA_URL,
	})
	const app = createApp({ ctx, guard, routes, trustProxy: config.TRUST_PROXY })
	const policy = { publicUrls: [config.WEBHOOK_URL] }
	const server = await listen(app, config.WEBHOOK_LISTEN, "WEBHOOK_LISTEN", policy)
	const twin = await listenBeside(app, config.WEBHOOK_LISTEN, server.port, policy)
	const silencedIngest = { intake, receiver: config.ALERTMANAGER_RECEIVER }
	const maintenance = new PeriodicTask("maintenance windows", 5_000, log, () => runMaintenance(ctx, silencedIngest))
	life.onClose("maintenance windows", () => maintenance.close())
	// Histories of their own: servers that incidents name must not displace those of background scoring.
	const scoring = { alerts: new ScoredAlerts(compiledAlerts), histories: new Histories(prometheus) }
	startWork(ctx, config, scoring, life)
	const silences = new PeriodicTask("look for silences of pages", 30_000, log, watchSilences(ctx, silencedIngest))
	life.onClose("silences of pages", () => silences.close())
	life.onCrash?.((kind, error) => {
		log.error({ err: error, kind }, "an error was not handled; the process ends, to be started again")
		return countCrash(ctx, kind)
	})
	telemetry.start()
	life.onClose("collectors", () => telemetry.stop())
	life.onClose("the HTTP server", () => Promise.all([server.close(), twin?.close()]).then(() => undefined))
	life.onClose("open pages", () => changes.close())
	if (config.CRASH_AT) log.warn(config.CRASH_AT, "CRASH_AT is set: this process will kill itself")
	if (config.CONSOLE_TOKEN === undefined)
		log.warn("CONSOLE_TOKEN is not set: only tokens that administrators gave out before open the console")
	log.info({ url: server.url }, "alert-webhook is listening")
	return server
}

/** Starts the job worker and the periodic tasks. */
function startWork(ctx: Context, config: WebhookEnvironment, scoring: Scoring, life: ServerOptions["life"]): void {
	const pool = createPool(config.DATABASE_URL, { applicationName: "mcp-observatory jobs", max: 6 })
	life.onClose("the jobs' database", () => pool.end())
	const worker = new JobWorker(ctx, pool, handlersFor(ctx))
	worker.start()
	life.onClose("jobs", () => worker.close())
	const every = (what: string, everyMs: number, work: () => Promise<void>) => {
		const loop = new PeriodicTask(what, everyMs, ctx.log, work)
		life.onClose(what, () => loop.close())
	}
	const flag = ctx.settings.gateFlag
	adoptUnsavedStop(ctx)
	every("send pages", 30_000, () => sendPages(ctx))
	every("watch the heartbeat", 15_000, watchHeartbeat(ctx, config.HEARTBEAT_LOST_AFTER))
	every("check channels for a receiver", 60_000, watchChannels(ctx, ctx.clients))
	every("audit escalations", 15_000, () => auditEscalations(ctx))
	every("score incidents", 5_000, async () => {
		await scoreIncidents(ctx, scoring)
	})
	every("close superseded incidents", 5_000, () => closeSuperseded(ctx))
	every("measure the clocks of incidents", 5_000, () => measureClocks(ctx))
	every("record durations", 5_000, async () => {
		while ((await recordDurations(ctx)) > 0);
	})
	void ctx.clients.sessions.unreachableSessions().then((lacks) => {
		if (lacks.length > 0) ctx.log.warn({ lacks }, "a stop or a pause cannot update all sessions")
	})
	every("apply control to sessions", 1_000, () => applyToSessions(ctx))
	every("apply control to the brakes", 5_000, () => applyToBrakes(ctx))
	if (ctx.clients.sessionProcesses) every("end the sessions' processes", 1_000, applyToProcesses(ctx))
	every("apply control to the workflow", 15_000, () => applyToWorkflow(ctx))
	every("write the gate's flag", 1_000, () => writeGateFlag(ctx))
	const settingsFile = config.GATE_SETTINGS_FILE
	if (settingsFile !== undefined) every("challenge the gate", CHALLENGE_MS, () => challengeThisHost(ctx, settingsFile))
	if (ctx.settings.approvalRules) {
		every("ask about calls", 1_000, askOnThisHost(ctx))
		every("expire calls", 5_000, () => expireCalls(ctx))
	}
	if (ctx.settings.challenges) every("measure who would stop", CHALLENGE_MS, measureStoppable(ctx))
	every("save an emergency stop", 1_000, () => saveUnsavedStop(ctx))
	ctx.metrics.gateSelfTest.set({}, 0)
	every("check the audit log", 60_000, watchAudit(ctx))
	every("test the gate", 60_000, async () => {
		const paths = { node: process.execPath, script: hookScript(), flag, maxAgeMs: 60_000 }
		await selfTest({ paths, settingsFile: config.GATE_SETTINGS_FILE, now: Date.now() })
		ctx.metrics.gateSelfTest.set({}, ctx.clock.now() / 1000)
	})
}

function boardDatabaseOf({ BOARDS_DATABASE_URL: url }: WebhookEnvironment, life: ServerOptions["life"]) {
	if (url === undefined) return undefined
	const pool = createPool(url, { applicationName: "mcp-observatory boards", max: 2, statementTimeoutMs: 5_000 })
	life.onClose("the boards' database", () => pool.end())
	return createBoardDatabase(pool)
}

function clientsOf(
	config: WebhookEnvironment,
	clock: Clock,
	log: Logger,
): Omit<Clients, "sessions" | "seenSessions" | "boardFiles" | "boardDatabase"> {
	const {
		GITHUB_REPOSITORY: repository,
		GITHUB_TOKEN: token,
		GITHUB_WORKFLOW: workflow,
		GITHUB_API_URL: apiUrl,
	} = config
	const servers = serversOf(config)
	const host = { uid: process.getuid?.() ?? 0, platform: process.platform }
	const { brakes, processes } = config.BRAKES_CONFIG === undefined ? NO_BRAKES : readBrakes(config.BRAKES_CONFIG, host)
	const prometheus = createPrometheus(servers.prometheus)
	return {
		prometheus,
		compiledAlerts: new CompiledAlerts(prometheus, clock, log),
		alertmanager: createAlertmanager(servers.alertmanager),
		silences: createSilences(servers.alertmanager),
		brakes,
		sessionProcesses: processes && createSessionProcesses(processes),
		workflow: repository && token ? createGitHubWorkflow({ repository, token, workflow, apiUrl }) : undefined,
	}
}
