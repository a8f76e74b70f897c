import { databaseError } from "../../core/db/client.ts"
import type { Context } from "../context.ts"
import { recordMessage } from "../inbox/record.ts"
import { type RecordResult, recordAlerts } from "../incidents/record.ts"
import { digestOf, type Notification } from "./notification.ts"

/** Where what could not be understood is kept for people to read. */
export const UNREADABLE = "unreadable"

/**
 * Stores a notification: everything in it, or nothing. Returns once it is durable.
 *
 * @throws ObservatoryError `database_unreachable`, after which Alertmanager tries again
 */
export async function receiveNotification(ctx: Context, notification: Notification): Promise<RecordResult> {
	const now = new Date(ctx.clock.now())
	const { alerts, malformed, receiver, truncatedAlerts } = notification
	try {
		const result = await ctx.db.transaction(async (tx) => {
			for (const { problem, raw } of malformed)
				await recordMessage(tx, {
					channel: UNREADABLE,
					digest: digestOf(UNREADABLE, {
						...notification,
						alerts: [],
						malformed: [{ status: "firing", problem, raw }],
					}),
					status: notification.status,
					title: `An alert in a notification for ${receiver || "an unnamed receiver"} cannot be read`,
					body: { problem, raw },
					now,
				})
			return recordAlerts(tx, { alerts, receiver, now })
		})
		count(ctx, notification, result)
		if (malformed.length > 0)
			ctx.log.warn(
				{ receiver, problems: malformed.slice(0, 5).map(({ problem }) => problem) },
				"unreadable alerts kept in the inbox",
			)
		if (truncatedAlerts > 0)
			ctx.log.warn({ receiver, truncatedAlerts }, "Alertmanager left alerts out: raise max_alerts of this receiver")
		return result
	} catch (error) {
		throw databaseError(error, "Storing a notification")
	}
}

function count(ctx: Context, { alerts, malformed }: Notification, { news }: RecordResult): void {
	for (const status of ["firing", "resolved"] as const) {
		const said = alerts.filter((alert) => alert.status === status).length
		ctx.metrics.alerts.inc({ status, result: "new" }, news[status])
		ctx.metrics.alerts.inc({ status, result: "repeat" }, Math.max(0, said - news[status]))
	}
	for (const { status } of malformed) ctx.metrics.alerts.inc({ status, result: "malformed" })
}
