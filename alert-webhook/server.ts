import { createDatabase, createPipelined } from "../core/db/client.ts"
import { migrate } from "../core/db/migrate.ts"
import { type Clock, systemClock } from "../core/lib/clock.ts"
import type { HttpServer } from "../core/lib/http.ts"
import type { Lifecycle } from "../core/lib/lifecycle.ts"
import type { Logger } from "../core/lib/log.ts"
import type { Collector } from "../core/metrics/collector.ts"
import { MetricRegistry } from "../core/metrics/registry.ts"
import type { Runtime } from "../core/metrics/runtime.ts"
import type { WebhookEnvironment } from "./config.ts"
import type { Context } from "./context.ts"
import { crashAt, killProcess, NO_CRASH } from "./domain/crash-points.ts"
import { UnsavedStop } from "./domain/unsaved-stop.ts"
import { createMetrics } from "./metrics.ts"
import { countCrash, countersCollector } from "./store/counters/counted.ts"
import { migrateJobs } from "./store/jobs/migrate.ts"
import { startBackgroundWork } from "./wiring/background-work.ts"
import { createClients } from "./wiring/create-clients.ts"
import { createPools } from "./wiring/pools.ts"
import { readSettings } from "./wiring/read-settings.ts"
import { serve } from "./wiring/serve.ts"
import { createIntake } from "./workflows/ingest/receive.ts"
import { coverageCollector } from "./workflows/metrics/alert-coverage.ts"
import { auditActionsCollector } from "./workflows/metrics/audit-actions.ts"
import { startReconciling } from "./workflows/reconcile/start-reconciling.ts"
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

/** Builds and starts the receiver: migrations, the HTTP server, then its work in the background. */
export async function startWebhook(options: ServerOptions): Promise<HttpServer> {
	const { config, version, log, life, clock = systemClock, runtime } = options
	// Before the database: a mistake in a file must not change anything.
	const settings = readSettings(config)
	await migrate(config.DATABASE_URL)
	await migrateJobs(config.DATABASE_URL)
	const pools = createPools(config, life)
	const telemetry = new MetricRegistry({ clock, log })
	if (runtime) telemetry.addRuntime(runtime)
	const ctx: Context = {
		db: createDatabase(pools.main),
		clock,
		log,
		metrics: createMetrics(telemetry, version),
		clients: createClients(config, pools, { clock, log }),
		settings,
		unsavedStop: new UnsavedStop(),
		startedAt: clock.now(),
		reached: config.CRASH_AT ? crashAt(config.CRASH_AT, killProcess) : NO_CRASH,
	}
	for (const collector of collectorsOf(ctx)) telemetry.collect(collector)

	const intake = createIntake(ctx, createPipelined(pools.intake))
	const reconciling = startReconciling(ctx, {
		intake,
		receiver: config.ALERTMANAGER_RECEIVER,
		everyMs: config.RECONCILE_EVERY,
		closeAfterMs: config.RECONCILE_CLOSE_AFTER,
	})
	life.onClose("comparing with Alertmanager", () => reconciling.close())
	const server = await serve(ctx, config, { telemetry, intake, reconciling })
	startBackgroundWork(ctx, config, { pool: pools.jobs, intake, life })
	life.onCrash?.((kind, error) => {
		log.error({ err: error, kind }, "an error was not handled; the process ends, to be started again")
		return countCrash(ctx, kind)
	})
	telemetry.start()
	life.onClose("collectors", () => telemetry.stop())
	life.onClose("the HTTP server", () => server.close())
	if (config.CRASH_AT) log.warn(config.CRASH_AT, "CRASH_AT is set: this process will kill itself")
	if (config.CONSOLE_TOKEN === undefined)
		log.warn("CONSOLE_TOKEN is not set: only tokens that administrators gave out before open the console")
	log.info({ url: server.url }, "alert-webhook is listening")
	return server
}

/** What is measured at intervals, beside the counters of the verbs. */
const collectorsOf = (ctx: Context): readonly Collector[] => {
	const { prometheus, compiledAlerts } = ctx.clients
	return [
		countersCollector(ctx),
		anomalyCollector({ prometheus, histories: new Histories(prometheus), clock: ctx.clock }),
		coverageCollector(compiledAlerts),
		auditActionsCollector(ctx),
	]
}
