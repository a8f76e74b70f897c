import type { ActiveAlert } from "../../domain/active-alert.ts"
import { MOST_ALERTS, parseNotification } from "../../domain/notification.ts"
import type { Intake } from "./receive.ts"

export interface IngestInput {
	readonly alerts: readonly ActiveAlert[]
	/** The receiver of the missing notification. */
	readonly receiver: string
	/** The reason why we know of them, for people. */
	readonly reason: string
}

/**
 * Ingests alerts that Alertmanager has and no notification brought, through the same group as notifications, so that a
 * late notification makes no second incident. Returns the number of readable alerts.
 */
export async function ingestAlerts(intake: Intake, { alerts, receiver, reason }: IngestInput): Promise<number> {
	if (alerts.length === 0) return 0
	const firing = alerts.map((alert) => ({ ...alert, status: "firing" }))
	let readable = 0
	for (let from = 0; from < firing.length; from += MOST_ALERTS) {
		const some = firing.slice(from, from + MOST_ALERTS)
		const notification = parseNotification({ version: "4", status: "firing", receiver, alerts: some })
		// An unreadable alert reaches the inbox by its notification, once and not at every comparison.
		await intake.add({ ...notification, malformed: [], malformedCount: 0, reason })
		readable += notification.alerts.length
	}
	return readable
}
