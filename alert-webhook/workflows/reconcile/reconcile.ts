import { eq, inArray, max, sql } from "drizzle-orm"
import { incidents } from "../../../core/db/schema/index.ts"
import type { Context } from "../../context.ts"
import type { ActiveAlert } from "../../domain/active-alert.ts"
import { kindOf } from "../../domain/alert-kind.ts"
import { compare, type Known } from "../../domain/reconcile.ts"
import { listHeartbeats } from "../../store/heartbeats.ts"
import { ingestAlerts } from "../ingest/ingest-alerts.ts"
import type { Intake } from "../ingest/receive.ts"
import { closeIncidents } from "./close.ts"

export interface ReconcileOptions {
	readonly intake: Intake
	/** Alertmanager's receiver that delivers to us; alerts of other receivers are ignored. */
	readonly receiver: string
	/** How long an alert has to be missing in Alertmanager before its incident is closed, in milliseconds. */
	readonly closeAfterMs: number
}

/** Longer than Alertmanager waits to complete a group, and for inhibiting alerts. */
const INGEST_AFTER_MS = 60_000

const UNKNOWN = "no longer known to Alertmanager"
const NOT_NOTIFIED = "Alertmanager has the alert, but no notification of it was stored here"

/**
 * Keeps incidents in step with Alertmanager where notifications alone do not. While Alertmanager does not answer
 * nothing changes, and no alert counts as missing; nor while it lacks a heartbeat that it once delivered, because then
 * it does not receive from Prometheus either.
 */
export class Reconciler {
	readonly #ctx: Context
	readonly #options: ReconcileOptions
	#missing: ReadonlyMap<number, number> = new Map()
	#soon = false

	constructor(ctx: Context, options: ReconcileOptions) {
		this.#ctx = ctx
		this.#options = options
	}

	/** The next run ingests missing alerts without waiting for their notifications: these were left out. */
	runSoon(): void {
		this.#soon = true
	}

	/** @throws ObservatoryError when Alertmanager or the database does not answer */
	async run(): Promise<void> {
		const { metrics } = this.#ctx
		const soon = this.#soon
		this.#soon = false
		try {
			await this.#run(soon)
			metrics.reconciliations.inc({ result: "done" })
		} catch (error) {
			this.#missing = new Map()
			this.#soon ||= soon
			metrics.reconciliations.inc({ result: "failed" })
			throw error
		}
	}

	async #run(soon: boolean): Promise<void> {
		const { clock, clients, metrics, log } = this.#ctx
		const { receiver, closeAfterMs, intake } = this.#options
		const active = await clients.alertmanager.active()
		const { missing, unknown, toIngest } = compare({
			now: clock.now(),
			active,
			receiver,
			makesIncident: (labels) => kindOf(labels) === "incident",
			informed:
				active.some(({ labels }) => kindOf(labels) === "heartbeat") || (await listHeartbeats(this.#ctx)).length === 0,
			open: await this.#open(),
			known: await this.#known(active),
			missing: this.#missing,
			closeAfterMs,
			ingestAfterMs: soon ? 0 : Math.min(INGEST_AFTER_MS, closeAfterMs),
		})
		this.#missing = missing
		const closed = await closeIncidents(
			this.#ctx,
			unknown.map(({ id, since }) => ({ id, endedAt: since, reason: UNKNOWN })),
		)
		const alerts = toIngest.map(({ alert, startsAt }) => ({ ...alert, startsAt: startsAt.toISOString() }))
		const ingested = await ingestAlerts(intake, { alerts, receiver, reason: NOT_NOTIFIED })
		metrics.reconciled.inc({ change: "closed" }, closed)
		metrics.reconciled.inc({ change: "ingested" }, ingested)
		if (closed + ingested > 0)
			log.warn({ closed, ingested }, "corrected incidents that were not in step with Alertmanager")
	}

	async #open() {
		const { id, fingerprint } = incidents
		return this.#ctx.db.select({ id, fingerprint }).from(incidents).where(eq(incidents.status, "firing"))
	}

	async #known(active: readonly ActiveAlert[]): Promise<Map<string, Known>> {
		const known = new Map<string, Known>()
		for (let from = 0; from < active.length; from += 10_000) {
			const fingerprints = active.slice(from, from + 10_000).map(({ fingerprint }) => fingerprint)
			const rows = await this.#ctx.db
				.select({
					fingerprint: incidents.fingerprint,
					startsAt: max(incidents.startsAt),
					resolvedAt: max(incidents.resolvedAt),
					open: sql<boolean>`bool_or(${incidents.status} = 'firing')`,
				})
				.from(incidents)
				.where(inArray(incidents.fingerprint, fingerprints))
				.groupBy(incidents.fingerprint)
			for (const { fingerprint, startsAt, ...row } of rows) if (startsAt) known.set(fingerprint, { startsAt, ...row })
		}
		return known
	}
}
