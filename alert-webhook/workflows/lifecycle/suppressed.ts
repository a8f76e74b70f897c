import { incidentTimeline } from "../../../core/db/schema/index.ts"
import type { Transaction } from "../../context.ts"
import { matches } from "../../domain/matchers.ts"
import type { OpenedIncident } from "../../store/incidents/create.ts"
import { holdingWindows, type MaintenanceWindow } from "../../store/maintenance.ts"

/** Says on the timelines of incidents that are opened during a window why nothing follows. */
export async function suppressOpened(tx: Transaction, opened: readonly OpenedIncident[], now: Date): Promise<void> {
	if (!opened.some(({ inMaintenance }) => inMaintenance)) return
	for (const window of await holdingWindows({ db: tx }, now)) {
		const ids = opened.filter(({ labels }) => matches(window.matchers, labels)).map(({ id }) => id)
		await recordSuppressed(tx, window, ids, now)
	}
}

/** Says on the timelines of incidents that a maintenance window suppresses them. */
export async function recordSuppressed(
	tx: Transaction,
	window: MaintenanceWindow,
	ids: readonly number[],
	now: Date,
): Promise<void> {
	if (ids.length === 0) return
	const details = { window: window.id, reason: window.reason, until: window.endsAt }
	const row = { kind: "maintenance", actor: window.createdBy, details, at: now }
	for (let from = 0; from < ids.length; from += 1_000)
		await tx
			.insert(incidentTimeline)
			.values(ids.slice(from, from + 1_000).map((incidentId) => ({ incidentId, ...row })))
}
