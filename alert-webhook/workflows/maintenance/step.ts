import { asc, eq, inArray } from "drizzle-orm"
import { incidents, maintenanceWindows } from "../../../core/db/schema/index.ts"
import type { Context, Transaction } from "../../context.ts"
import { matches } from "../../domain/matchers.ts"
import { appendAudit, SYSTEM } from "../../store/audit/append.ts"
import { holdingWindows, type MaintenanceWindow } from "../../store/maintenance.ts"
import { recordIn } from "../../store/record.ts"
import { onResumed, onSuppressed } from "../lifecycle/lifecycle.ts"

/** Starts and ends the windows whose time has come, each once. */
export async function stepWindows(ctx: Context): Promise<void> {
	const now = new Date(ctx.clock.now())
	for (const { id, begunAt, endsAt } of await holdingWindows(ctx, now))
		if (!begunAt || endsAt <= now) await recordIn(ctx, "maintenance", (tx) => step(tx, ctx, id, now), Boolean)
}

/** Whether anything was due. */
async function step(tx: Transaction, { settings }: Context, id: number, now: Date): Promise<boolean> {
	const [window] = await tx.select().from(maintenanceWindows).where(eq(maintenanceWindows.id, id)).for("update")
	if (!window || window.overAt) return false
	const over = window.endsAt <= now
	if (window.begunAt && !over) return false
	const matched = await incidentsOf(tx, window)
	await tx
		.update(maintenanceWindows)
		.set(over ? { begunAt: window.begunAt ?? now, overAt: now } : { begunAt: now })
		.where(eq(maintenanceWindows.id, id))
	if (over) await onResumed(tx, settings, await suppressedByNoOther(tx, matched, now), now)
	else
		await onSuppressed(
			tx,
			window,
			matched.map((incident) => incident.id),
			now,
		)
	const action = over ? "maintenance.over" : "maintenance.begin"
	const details = { incidents: matched.map((incident) => incident.id).slice(0, 200) }
	await appendAudit(tx, { by: SYSTEM, action, target: `maintenance:${id}`, details, at: now })
	return true
}

/** Open incidents that a window matches. */
async function incidentsOf(tx: Transaction, { matchers }: MaintenanceWindow) {
	const { id, labels } = incidents
	const open = await tx.select({ id, labels }).from(incidents).where(eq(incidents.status, "firing")).orderBy(asc(id))
	const matched = open.filter((incident) => matches(matchers, incident.labels))
	// Incidents first: whoever else locks them and their escalations does it in this order.
	if (matched.length > 0)
		await tx
			.select({ id })
			.from(incidents)
			.where(
				inArray(
					id,
					matched.map((incident) => incident.id),
				),
			)
			.orderBy(asc(id))
			.for("update")
	return matched
}
type Matched = Awaited<ReturnType<typeof incidentsOf>>

/** The last window over an incident resumes it; a transaction that ends another one waits for the lock on the incident. */
async function suppressedByNoOther(tx: Transaction, matched: Matched, now: Date): Promise<Matched> {
	const others = await holdingWindows({ db: tx }, now)
	return matched.filter(({ labels }) => !others.some(({ matchers }) => matches(matchers, labels)))
}
