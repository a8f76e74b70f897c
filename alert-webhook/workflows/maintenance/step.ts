import { and, asc, eq, inArray, isNull } from "drizzle-orm"
import { escalations, incidents, incidentTimeline, maintenanceWindows } from "../../../core/db/schema/index.ts"
import type { Context, Settings, Transaction } from "../../context.ts"
import { matches } from "../../domain/matchers.ts"
import { actionNamed } from "../../domain/remediation/action-name.ts"
import { appendAudit, SYSTEM } from "../../store/audit/append.ts"
import { enqueueAll } from "../../store/jobs/enqueue.ts"
import { holdingWindows, type MaintenanceWindow } from "../../store/maintenance.ts"
import { endNotices } from "../../store/pages/end.ts"
import { tellAgain } from "../lifecycle/remediation-pages.ts"
import { recordSuppressed } from "../lifecycle/suppressed.ts"

/** Lets windows begin and end whose time has come. Each does so once, whoever looks. */
export async function stepWindows(ctx: Context): Promise<void> {
	const now = new Date(ctx.clock.now())
	for (const { id, begunAt, endsAt } of await holdingWindows(ctx, now))
		if (!begunAt || endsAt <= now) {
			const due = await ctx.db.transaction((tx) => step(tx, ctx, id, now))
			if (due) ctx.reached("maintenance.committed")
		}
}

/** Whether anything was due. */
async function step(tx: Transaction, { settings, reached }: Context, id: number, now: Date): Promise<boolean> {
	const [window] = await tx.select().from(maintenanceWindows).where(eq(maintenanceWindows.id, id)).for("update")
	if (!window || window.overAt) return false
	const over = window.endsAt <= now
	if (window.begunAt && !over) return false
	const held = await incidentsOf(tx, window)
	await tx
		.update(maintenanceWindows)
		.set(over ? { begunAt: window.begunAt ?? now, overAt: now } : { begunAt: now })
		.where(eq(maintenanceWindows.id, id))
	if (over) await letGo(tx, settings, await heldByNoOther(tx, held, now), now)
	else await hold(tx, window, held, now)
	const action = over ? "maintenance.over" : "maintenance.begin"
	const details = { incidents: held.map((incident) => incident.id).slice(0, 200) }
	await appendAudit(tx, { by: SYSTEM, action, target: `maintenance:${id}`, details, at: now })
	reached("maintenance.recorded")
	return true
}

/** Open incidents that a window matches. */
async function incidentsOf(tx: Transaction, { matchers }: MaintenanceWindow) {
	const { id, labels } = incidents
	const open = await tx.select({ id, labels }).from(incidents).where(eq(incidents.status, "firing")).orderBy(asc(id))
	const held = open.filter((incident) => matches(matchers, incident.labels))
	// Incidents first: whoever else locks them and their escalations does it in this order.
	if (held.length > 0)
		await tx
			.select({ id })
			.from(incidents)
			.where(
				inArray(
					id,
					held.map((incident) => incident.id),
				),
			)
			.orderBy(asc(id))
			.for("update")
	return held
}
type Held = Awaited<ReturnType<typeof incidentsOf>>

/** The last window over an incident lets it go; whoever ends another one meanwhile waits for the lock on the incident. */
async function heldByNoOther(tx: Transaction, held: Held, now: Date): Promise<Held> {
	const others = await holdingWindows({ db: tx }, now)
	return held.filter(({ labels }) => !others.some(({ matchers }) => matches(matchers, labels)))
}

/** What was told and still stands is taken back, so that nobody is told it again. */
async function hold(tx: Transaction, window: MaintenanceWindow, held: Held, now: Date): Promise<void> {
	if (held.length === 0) return
	const incidentIds = held.map(({ id }) => id)
	const outcome = `Maintenance until ${window.endsAt.toISOString()}: ${window.reason}`
	await endNotices(tx, { incidentIds, kinds: ["escalation", "approval", "remediation_failed"], outcome, now })
	await recordSuppressed(tx, window, incidentIds, now)
}

/** What still fires is dealt with as if it had begun now. What somebody has taken stays theirs. */
async function letGo(tx: Transaction, settings: Settings, held: Held, now: Date): Promise<void> {
	const ids = held.map(({ id }) => id)
	if (ids.length === 0) return
	await tx
		.update(escalations)
		.set({ anchor: now, level: -1, hurried: false, nextAt: now })
		.where(
			and(inArray(escalations.incidentId, ids), isNull(escalations.endedAt), isNull(escalations.acknowledgedUntil)),
		)
	await tx
		.insert(incidentTimeline)
		.values(ids.map((incidentId) => ({ incidentId, kind: "maintenance_over", actor: SYSTEM.actor, at: now })))
	await tellAgain(tx, settings, ids, now)
	const jobs = held.map(({ id }) => ({ payload: { incidentId: id }, key: String(id) }))
	await enqueueAll(tx, "escalation.step", jobs)
	const remediable = held.filter(({ labels }) => actionNamed(labels.remediation) !== undefined).map(({ id }) => id)
	await enqueueAll(
		tx,
		"remediation.propose",
		jobs.filter(({ payload }) => remediable.includes(payload.incidentId)),
	)
}
