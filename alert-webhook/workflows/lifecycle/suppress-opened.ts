import type { Transaction } from "../../context.ts"
import { matches } from "../../domain/matchers.ts"
import type { OpenedIncident } from "../../store/incidents/create.ts"
import { activeWindows, type MaintenanceWindow } from "../../store/maintenance.ts"
import { record } from "../../store/record.ts"

/** Records which maintenance windows suppress incidents that open, each with its reason. */
export async function suppressOpened(tx: Transaction, opened: readonly OpenedIncident[], now: Date): Promise<void> {
	if (!opened.some(({ inMaintenance }) => inMaintenance)) return
	for (const window of await activeWindows({ db: tx }, now)) {
		const ids = opened.filter(({ labels }) => matches(window.matchers, labels)).map(({ id }) => id)
		await recordSuppressed(tx, window, ids, now)
	}
}

/** Records on the timelines of incidents that a window suppresses them. */
export async function recordSuppressed(
	tx: Transaction,
	{ id, reason, endsAt, createdBy }: MaintenanceWindow,
	ids: readonly number[],
	now: Date,
): Promise<void> {
	const event = { kind: "suppressed", window: id, reason, until: endsAt } as const
	const by = { actor: createdBy, address: null }
	await record(
		tx,
		ids.map((incidentId) => ({ incidentId, event, by, at: now })),
	)
}
