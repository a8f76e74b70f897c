import type { Transaction } from "../../context.ts"
import { matches } from "../../domain/matchers.ts"
import type { OpenedIncident } from "../../store/incidents/create.ts"
import { holdingWindows } from "../../store/maintenance.ts"
import { record } from "../../store/record.ts"

/** Records which maintenance windows suppress incidents that open, each with its reason. */
export async function suppressOpened(tx: Transaction, opened: readonly OpenedIncident[], now: Date): Promise<void> {
	if (!opened.some(({ inMaintenance }) => inMaintenance)) return
	for (const { id, matchers, reason, endsAt, createdBy } of await holdingWindows({ db: tx }, now)) {
		const event = { kind: "suppressed", window: id, reason, until: endsAt } as const
		const by = { actor: createdBy, address: null }
		await record(
			tx,
			opened
				.filter(({ labels }) => matches(matchers, labels))
				.map((incident) => ({ incidentId: incident.id, event, by, at: now })),
		)
	}
}
