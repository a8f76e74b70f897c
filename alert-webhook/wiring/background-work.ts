import type pg from "pg"
import { databaseError } from "../../core/db/client.ts"
import type { Lifecycle } from "../../core/lib/lifecycle.ts"
import { PeriodicTask } from "../../core/lib/periodic.ts"
import { Causes } from "../../core/metrics/causes.ts"
import type { WebhookEnvironment } from "../config.ts"
import type { Context } from "../context.ts"
import { CHALLENGE_MS } from "../domain/challenge.ts"
import { watchAudit } from "../store/audit/watch.ts"
import { JobWorker } from "../store/jobs/worker.ts"
import { watchChannels } from "../store/pages/channels.ts"
import { measureClocks } from "../workflows/clock/measure.ts"
import { applyToBrakes } from "../workflows/control/brakes.ts"
import { saveUnsavedStop } from "../workflows/control/change.ts"
import { applyToProcesses } from "../workflows/control/processes.ts"
import { applyToSessions } from "../workflows/control/sessions.ts"
import { applyToWorkflow } from "../workflows/control/workflow.ts"
import { auditEscalations } from "../workflows/escalation/audit.ts"
import { askOnThisHost, expireCalls } from "../workflows/gate/approve-call.ts"
import { challengeThisHost } from "../workflows/gate/challenge-this-host.ts"
import { hookScript } from "../workflows/gate/hook-script.ts"
import { selfTest } from "../workflows/gate/self-test.ts"
import { measureStoppable } from "../workflows/gate/stoppable.ts"
import { adoptUnsavedStop, writeGateFlag } from "../workflows/gate/write-gate-flag.ts"
import type { Intake } from "../workflows/ingest/receive.ts"
import { handlersFor } from "../workflows/job-handlers.ts"
import { recordDurations } from "../workflows/lifecycle/record-durations.ts"
import { runMaintenance } from "../workflows/maintenance/run-maintenance.ts"
import { sendPages } from "../workflows/paging/send.ts"
import { watchHeartbeat } from "../workflows/paging/watch-heartbeat.ts"
import { watchSilences } from "../workflows/paging/watch-silences.ts"
import { watchSuperseded } from "../workflows/reconcile/superseded.ts"
import { ScoredAlerts } from "../workflows/scoring/alerts.ts"
import { scoreIncidents } from "../workflows/scoring/attach.ts"
import { Histories } from "../workflows/scoring/histories.ts"

export interface BackgroundWork {
	/** Of the jobs. */
	readonly pool: pg.Pool
	readonly intake: Intake
	/** Where this process listens. */
	readonly url: string
	readonly life: Pick<Lifecycle, "onClose">
}

type Every = (what: string, everyMs: number, work: () => Promise<void>) => void

/** Starts the jobs and everything that repeats: each task with its interval in milliseconds. */
export function startBackgroundWork(
	ctx: Context,
	config: WebhookEnvironment,
	{ pool, intake, url, life }: BackgroundWork,
): void {
	adoptUnsavedStop(ctx)
	const worker = new JobWorker(ctx, pool, handlersFor(ctx))
	worker.start()
	life.onClose("jobs", () => worker.close())
	const causes = new Causes()
	const every: Every = (what, everyMs, work) => {
		const task = new PeriodicTask(what, everyMs, ctx.log, named(work), { outage: causes.of(what) })
		life.onClose(what, () => task.close())
	}
	schedulePaging(ctx, config, intake, every)
	scheduleIncidents(ctx, every)
	scheduleControl(ctx, every)
	scheduleGate(ctx, config, url, every)
	every("check the audit log", 60_000, watchAudit(ctx))
}

/** The work, with errors of the database that say what a person can do: the same for all tasks that it stops. */
const named = (work: () => Promise<void>) => (): Promise<void> =>
	work().catch((error: unknown) => {
		throw databaseError(error, "Using the database")
	})

function schedulePaging(ctx: Context, config: WebhookEnvironment, intake: Intake, every: Every): void {
	const silenced = { intake, receiver: config.ALERTMANAGER_RECEIVER }
	every("maintenance windows", 5_000, () => runMaintenance(ctx, silenced))
	every("look for silences of pages", 30_000, watchSilences(ctx, silenced))
	every("send pages", 30_000, () => sendPages(ctx))
	every("watch the heartbeat", 15_000, watchHeartbeat(ctx, config.HEARTBEAT_LOST_AFTER))
	every("check channels for a receiver", 60_000, watchChannels(ctx, ctx.clients))
	every("audit escalations", 15_000, () => auditEscalations(ctx))
}

function scheduleIncidents(ctx: Context, every: Every): void {
	const { compiledAlerts, prometheus } = ctx.clients
	// Histories of their own: servers that incidents name must not displace those of the collector.
	const scoring = { alerts: new ScoredAlerts(compiledAlerts), histories: new Histories(prometheus) }
	every("score incidents", 5_000, async () => {
		await scoreIncidents(ctx, scoring)
	})
	every("close superseded incidents", 5_000, watchSuperseded(ctx))
	every("measure the clocks of incidents", 5_000, () => measureClocks(ctx))
	every("record durations", 5_000, async () => {
		while ((await recordDurations(ctx)) > 0);
	})
}

function scheduleControl(ctx: Context, every: Every): void {
	void ctx.clients.sessions.unreachableSessions().then((lacks) => {
		if (lacks.length > 0) ctx.log.warn({ lacks }, "a stop or a pause cannot update all sessions")
	})
	every("apply control to sessions", 1_000, () => applyToSessions(ctx))
	every("apply control to the brakes", 5_000, () => applyToBrakes(ctx))
	if (ctx.clients.sessionProcesses) every("end the sessions' processes", 1_000, applyToProcesses(ctx))
	every("apply control to the workflow", 15_000, () => applyToWorkflow(ctx))
}

function scheduleGate(ctx: Context, config: WebhookEnvironment, url: string, every: Every): void {
	const { gateFlag: flag, approvalRules, challenges } = ctx.settings
	const settingsFile = config.GATE_SETTINGS_FILE
	every("save an emergency stop", 1_000, () => saveUnsavedStop(ctx))
	every("write the gate's flag", 1_000, () => writeGateFlag(ctx, url))
	if (settingsFile !== undefined) every("challenge the gate", CHALLENGE_MS, () => challengeThisHost(ctx, settingsFile))
	if (challenges) every("measure who would stop", CHALLENGE_MS, measureStoppable(ctx))
	if (approvalRules) {
		every("ask about calls", 1_000, askOnThisHost(ctx))
		every("expire calls", 5_000, () => expireCalls(ctx))
	}
	ctx.metrics.gateSelfTest.set({}, 0)
	every("test the gate", 60_000, async () => {
		const paths = { node: process.execPath, script: hookScript(), flag, maxAgeMs: 60_000 }
		await selfTest({ paths, settingsFile, now: Date.now() })
		ctx.metrics.gateSelfTest.set({}, ctx.clock.now() / 1000)
	})
}
