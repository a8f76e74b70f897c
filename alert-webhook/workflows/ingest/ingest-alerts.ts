import type { ActiveAlert } from "../../domain/active-alert.ts"
import { parseNotification } from "../../domain/notification.ts"
import type { Intake } from "./receive.ts"

export interface TakenIn {
	readonly alerts: readonly ActiveAlert[]
	/** The receiver that would have delivered them. */
	readonly receiver: string
	/** How we know of them, in a person's words. */
	readonly reason: string
}

/**
 * Takes in alerts that Alertmanager has and no notification brought, the way of a notification, so that one that arrives
 * at the same time makes no second incident. Returns how many could be read.
 */
export async function takeIn(intake: Intake, { alerts, receiver, reason }: TakenIn): Promise<number> {
	if (alerts.length === 0) return 0
	const firing = alerts.map((alert) => ({ ...alert, status: "firing" }))
	const notification = parseNotification({ version: "4", status: "firing", receiver, alerts: firing })
	// What cannot be read comes to the inbox by its notification, once and not every time it is taken in.
	await intake.add({ ...notification, malformed: [], reason })
	return notification.alerts.length
}
