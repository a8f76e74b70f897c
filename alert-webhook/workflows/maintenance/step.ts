import { asc, eq, inArray } from "drizzle-orm"
import { incidents, maintenanceWindows } from "../../../core/db/schema/index.ts"
import type { Context, Transaction } from "../../context.ts"
import { matches } from "../../domain/matchers.ts"
import { appendAudit, SYSTEM } from "../../store/audit/append.ts"
import { activeWindows, type MaintenanceWindow } from "../../store/maintenance.ts"
import { recordIn } from "../../store/record.ts"
import { onResumed, onSuppressed } from "../lifecycle/lifecycle.ts"

/** Starts and ends the windows that are due, each once. */
export async function stepWindows(ctx: Context): Promise<void> {
	const now = new Date(ctx.clock.now())
	for (const { id, startedAt, endsAt } of await activeWindows(ctx, now))
		if (!startedAt || endsAt <= now) await recordIn(ctx, "maintenance", (tx) => step(tx, ctx, id, now), Boolean)
}

/** Whether anything was due. */
async function step(tx: Transaction, { settings }: Context, id: number, now: Date): Promise<boolean> {
	const [window] = await tx.select().from(maintenanceWindows).where(eq(maintenanceWindows.id, id)).for("update")
	if (!window || window.endedAt) return false
	const ended = window.endsAt <= now
	if (window.startedAt && !ended) return false
	const matched = await incidentsOf(tx, window)
	await tx
		.update(maintenanceWindows)
		.set(ended ? { startedAt: window.startedAt ?? now, endedAt: now } : { startedAt: now })
		.where(eq(maintenanceWindows.id, id))
	const ids = matched.map((incident) => incident.id)
	if (ended) await onResumed(tx, settings, await suppressedByNoOther(tx, matched, now), now)
	else await onSuppressed(tx, window, ids, now)
	const action = ended ? "maintenance.ended" : "maintenance.started"
	const details = { incidents: ids.slice(0, 200) }
	await appendAudit(tx, { by: SYSTEM, action, target: `maintenance:${id}`, details, at: now })
	return true
}

/** Open incidents that a window matches. */
async function incidentsOf(tx: Transaction, { matchers }: MaintenanceWindow) {
	const { id, labels } = incidents
	const open = await tx.select({ id, labels }).from(incidents).where(eq(incidents.status, "firing")).orderBy(asc(id))
	const matched = open.filter((incident) => matches(matchers, incident.labels))
	const ids = matched.map((incident) => incident.id)
	// Incidents first, in the lock order of the lifecycle.
	if (ids.length > 0) await tx.select({ id }).from(incidents).where(inArray(id, ids)).orderBy(asc(id)).for("update")
	return matched
}
type Matched = Awaited<ReturnType<typeof incidentsOf>>

/**
 * The last window of an incident resumes it; a transaction that ends another one waits for the lock on the incident.
 */
async function suppressedByNoOther(tx: Transaction, matched: Matched, now: Date): Promise<Matched> {
	const others = await activeWindows({ db: tx }, now)
	return matched.filter(({ labels }) => !others.some(({ matchers }) => matches(matchers, labels)))
}
