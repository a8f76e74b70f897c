import { eq, inArray, max, sql } from "drizzle-orm"
import { incidents } from "../../../core/db/schema/index.ts"
import type { Context } from "../../context.ts"
import type { ActiveAlert } from "../../domain/active-alert.ts"
import { kindOf } from "../../domain/alert-kind.ts"
import { compare, type Known } from "../../domain/reconcile.ts"
import { listHeartbeats } from "../../store/heartbeats/list.ts"
import { takeIn } from "../ingest/ingest-alerts.ts"
import type { Intake } from "../ingest/receive.ts"
import { closeIncidents } from "./close.ts"

export interface ReconcileOptions {
	readonly intake: Intake
	/** The receiver of Alertmanager's that delivers to us; what it does not get is none of ours. */
	readonly receiver: string
	/** Milliseconds that Alertmanager has to be without an alert before its incident is closed. */
	readonly closeAfterMs: number
}

/** Longer than Alertmanager waits for a group to come together, and for what inhibits it. */
const TAKE_IN_AFTER_MS = 60_000

const UNKNOWN = "no longer known to Alertmanager"
const UNHEARD = "Alertmanager has it, but no notification of it was kept here"

/**
 * Keeps incidents in step with what Alertmanager has, where notifications alone do not. While Alertmanager cannot be
 * asked nothing changes, and nothing counts as missing; nor while it lacks the heartbeat that it once delivered, because
 * then it has not heard from Prometheus either.
 */
export class Reconciler {
	readonly #ctx: Context
	readonly #options: ReconcileOptions
	#missing: ReadonlyMap<number, number> = new Map()
	#hurried = false

	constructor(ctx: Context, options: ReconcileOptions) {
		this.#ctx = ctx
		this.#options = options
	}

	/** The next run takes in what is missing without waiting whether it still comes: it was left out. */
	hurry(): void {
		this.#hurried = true
	}

	/** @throws ObservatoryError when Alertmanager or the database cannot be asked */
	async run(): Promise<void> {
		const { metrics } = this.#ctx
		const hurried = this.#hurried
		this.#hurried = false
		try {
			await this.#run(hurried)
			metrics.reconciliations.inc({ result: "done" })
		} catch (error) {
			this.#missing = new Map()
			this.#hurried ||= hurried
			metrics.reconciliations.inc({ result: "failed" })
			throw error
		}
	}

	async #run(hurried: boolean): Promise<void> {
		const { clock, outside, metrics, log } = this.#ctx
		const { receiver, closeAfterMs, intake } = this.#options
		const standing = await outside.alertmanager.standing()
		const { missing, unknown, unheard } = compare({
			now: clock.now(),
			standing,
			receiver,
			makesIncident: (labels) => kindOf(labels) === "incident",
			informed:
				standing.some(({ labels }) => kindOf(labels) === "heartbeat") || (await listHeartbeats(this.#ctx)).length === 0,
			open: await this.#open(),
			known: await this.#known(standing),
			missing: this.#missing,
			closeAfterMs,
			takeInAfterMs: hurried ? 0 : Math.min(TAKE_IN_AFTER_MS, closeAfterMs),
		})
		this.#missing = missing
		const closed = await closeIncidents(
			this.#ctx,
			unknown.map(({ id, since }) => ({ id, endedAt: since, reason: UNKNOWN })),
		)
		const alerts = unheard.map(({ alert, startsAt }) => ({ ...alert, startsAt: startsAt.toISOString() }))
		const takenIn = await takeIn(intake, { alerts, receiver, reason: UNHEARD })
		metrics.reconciled.inc({ change: "closed" }, closed)
		metrics.reconciled.inc({ change: "taken_in" }, takenIn)
		if (closed + takenIn > 0) log.warn({ closed, takenIn }, "incidents were not in step with Alertmanager, and are now")
	}

	async #open() {
		const { id, fingerprint } = incidents
		return this.#ctx.db.select({ id, fingerprint }).from(incidents).where(eq(incidents.status, "firing"))
	}

	async #known(standing: readonly ActiveAlert[]): Promise<Map<string, Known>> {
		const known = new Map<string, Known>()
		for (let from = 0; from < standing.length; from += 10_000) {
			const fingerprints = standing.slice(from, from + 10_000).map(({ fingerprint }) => fingerprint)
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
