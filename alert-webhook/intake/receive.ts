import { databaseError } from "../../core/db/client.ts"
import type { Context } from "../context.ts"
import { recordHeartbeats } from "../heartbeats/record.ts"
import { recordMessage } from "../inbox/record.ts"
import { type RecordResult, recordAlerts } from "../incidents/record.ts"
import { afterOpened, afterResolved } from "../response.ts"
import { NOTICE_LABEL } from "./notices.ts"
import { digestOf, type Notification, type ReceivedAlert } from "./notification.ts"

/** Where what could not be understood is kept for people to read. */
export const UNREADABLE = "unreadable"

/**
 * Stores a notification: everything in it, or nothing. Returns once it is durable.
 *
 * @throws ObservatoryError `database_unreachable`, after which Alertmanager tries again
 */
export async function receiveNotification(ctx: Context, notification: Notification): Promise<RecordResult> {
	const now = new Date(ctx.clock.now())
	const { malformed, receiver, truncatedAlerts } = notification
	const sorted = sortAlerts(notification.alerts)
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
			await recordHeartbeats(tx, { alerts: sorted.heartbeats, now })
			const recorded = await recordAlerts(tx, { alerts: sorted.incidents, receiver, now })
			await afterOpened(tx, ctx.settings, recorded.opened, now)
			await afterResolved(tx, ctx.settings, recorded.resolved, now)
			return recorded
		})
		count(ctx, notification, sorted, result)
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

interface Sorted {
	readonly incidents: readonly ReceivedAlert[]
	readonly heartbeats: readonly ReceivedAlert[]
	readonly notices: readonly ReceivedAlert[]
}

function sortAlerts(alerts: readonly ReceivedAlert[]): Sorted {
	const notices = alerts.filter(({ labels }) => NOTICE_LABEL in labels)
	const heartbeats = alerts.filter(({ labels }) => labels.heartbeat === "true" && !(NOTICE_LABEL in labels))
	const incidents = alerts.filter((alert) => !notices.includes(alert) && !heartbeats.includes(alert))
	return { incidents, heartbeats, notices }
}

function count(ctx: Context, { malformed }: Notification, sorted: Sorted, { news }: RecordResult): void {
	for (const status of ["firing", "resolved"] as const) {
		const said = (alerts: readonly ReceivedAlert[]) => alerts.filter((alert) => alert.status === status).length
		ctx.metrics.alerts.inc({ status, result: "new" }, news[status])
		ctx.metrics.alerts.inc({ status, result: "repeat" }, Math.max(0, said(sorted.incidents) - news[status]))
		ctx.metrics.alerts.inc({ status, result: "heartbeat" }, said(sorted.heartbeats))
		ctx.metrics.alerts.inc({ status, result: "notice" }, said(sorted.notices))
	}
	for (const { status } of malformed) ctx.metrics.alerts.inc({ status, result: "malformed" })
}
