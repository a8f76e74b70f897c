import { databaseError, type Pipelined } from "../../../core/db/client.ts"
import { statusOf } from "../../../core/lib/http.ts"
import type { Context, Transaction } from "../../context.ts"
import { kindOf } from "../../domain/alert-kind.ts"
import { type CompiledAlert, choicesOf, unfoundedChoices, withoutChoices } from "../../domain/compiled-alert.ts"
import { Groups } from "../../domain/group.ts"
import { digestOf, type Notification, type ReceivedAlert } from "../../domain/notification.ts"
import { recordHeartbeats } from "../../store/heartbeats.ts"
import { recordMessage } from "../../store/inbox.ts"
import type { IncidentAlert } from "../../store/incidents/create.ts"
import { type RecordResult, recordAlerts } from "../../store/incidents/record-alerts.ts"
import { recordIn } from "../../store/record.ts"
import { onOpened, onResolved } from "../lifecycle/lifecycle.ts"

/** The inbox channel of unreadable notifications. */
export const UNREADABLE = "unreadable"

/** Most alerts in one transaction, unless a single notification has more. */
const MOST_ALERTS = 1_000

/** Stores notifications; those that arrive together in one transaction. */
export type Intake = Groups<Notification>

export const createIntake = (ctx: Context, db: Pipelined): Intake =>
	new Groups({
		work: (notifications) => receiveNotifications(ctx, db, notifications),
		// A failure of the database is not an item's fault, and a retry of each would wait for it again.
		retryAlone: (error) => statusOf(error) !== 503,
		weigh: ({ alerts, malformed }) => 1 + alerts.length + malformed.length,
		most: MOST_ALERTS,
	})

/**
 * Stores notifications: everything in them, or nothing. Returns once they are durable.
 *
 * @throws ObservatoryError `database_unreachable` or `unavailable`, after which Alertmanager retries
 */
async function receiveNotifications(
	ctx: Context,
	db: Pipelined,
	notifications: readonly Notification[],
): Promise<void> {
	const now = new Date(ctx.clock.now())
	const sorted = sortAlerts(await withoutUnfounded(ctx, notifications))
	ctx.reached("intake.parsed")
	try {
		const result = await recordIn({ db, reached: ctx.reached }, "intake", async (tx) => {
			await keepMalformed(tx, notifications, now)
			await recordHeartbeats(tx, { alerts: sorted.heartbeats, now })
			const recorded = await recordAlerts(tx, { alerts: sorted.incidents, now })
			await onOpened(tx, ctx.settings, recorded.opened, now)
			await onResolved(tx, ctx.settings, recorded.resolved, now)
			return recorded
		})
		count(ctx, notifications, sorted, result)
		for (const notification of notifications) warn(ctx, notification)
	} catch (error) {
		throw databaseError(error, "Storing a notification")
	}
}

/** One message for the unreadable alerts of a notification, with their number and the first of them. */
async function keepMalformed(tx: Transaction, notifications: readonly Notification[], now: Date): Promise<void> {
	const rows = notifications
		.filter(({ malformedCount }) => malformedCount > 0)
		.map((notification) => {
			const { malformedCount: count, malformed, receiver, status } = notification
			const alerts = count === 1 ? "An alert" : `${count} alerts`
			return {
				channel: UNREADABLE,
				digest: digestOf(UNREADABLE, { ...notification, alerts: [] }),
				status,
				title: `${alerts} in a notification for ${receiver || "an unnamed receiver"} cannot be read`,
				body: { count, examples: malformed.map(({ problem, raw }) => ({ problem, raw })) },
				now,
			}
		})
	// Always in one order, so that transactions cannot deadlock.
	for (const row of rows.sort((a, b) => (a.digest < b.digest ? -1 : 1))) await recordMessage(tx, row)
}

function warn({ log, metrics }: Context, { receiver, malformed, malformedCount, truncatedAlerts }: Notification): void {
	if (malformedCount > 0)
		log.warn(
			{ receiver, alerts: malformedCount, problems: malformed.slice(0, 5).map(({ problem }) => problem) },
			"stored unreadable alerts in the inbox",
		)
	if (truncatedAlerts === 0) return
	metrics.truncated.inc({}, truncatedAlerts)
	log.warn(
		{ receiver, truncatedAlerts },
		"Alertmanager left alerts out; reading them from its API. Raise max_alerts of this receiver",
	)
}

/** The notifications without the labels that no compiled alert of the same name has. */
async function withoutUnfounded(
	{ clients, metrics, log }: Context,
	notifications: readonly Notification[],
): Promise<readonly Notification[]> {
	const choosing = notifications.flatMap(({ alerts }) => alerts.filter(({ labels }) => choicesOf(labels).length > 0))
	if (choosing.length === 0) return notifications
	const isFounded = (rules: readonly CompiledAlert[]) =>
		choosing.every((alert) => unfoundedChoices(alert, rules).length === 0)
	const rules = await clients.compiledAlerts.upTo(isFounded)
	if (rules === undefined || isFounded(rules)) return notifications
	const checked = (alert: ReceivedAlert): ReceivedAlert => {
		const choices = unfoundedChoices(alert, rules)
		if (choices.length === 0) return alert
		for (const label of choices) metrics.ignoredLabels.inc({ label })
		log.warn({ alertname: alert.alertname, labels: choices }, "ignored labels that no compiled alert of this name has")
		return { ...alert, labels: withoutChoices(alert.labels, choices) }
	}
	return notifications.map((notification) => ({ ...notification, alerts: notification.alerts.map(checked) }))
}

interface Sorted {
	readonly incidents: readonly IncidentAlert[]
	readonly heartbeats: readonly ReceivedAlert[]
	readonly pages: readonly ReceivedAlert[]
}

function sortAlerts(notifications: readonly Notification[]): Sorted {
	const incidents: IncidentAlert[] = []
	const heartbeats: ReceivedAlert[] = []
	const pages: ReceivedAlert[] = []
	for (const { receiver, reason, alerts } of notifications)
		for (const alert of alerts)
			switch (kindOf(alert.labels)) {
				case "page":
					pages.push(alert)
					break
				case "heartbeat":
					heartbeats.push(alert)
					break
				case "incident":
					incidents.push({ ...alert, receiver, reason })
			}
	return { incidents, heartbeats, pages }
}

function count(
	{ metrics }: Context,
	notifications: readonly Notification[],
	sorted: Sorted,
	{ news }: RecordResult,
): void {
	for (const status of ["firing", "resolved"] as const) {
		const said = (alerts: readonly ReceivedAlert[]) => alerts.filter((alert) => alert.status === status).length
		metrics.alerts.inc({ status, result: "new" }, news[status])
		metrics.alerts.inc({ status, result: "repeat" }, Math.max(0, said(sorted.incidents) - news[status]))
		metrics.alerts.inc({ status, result: "heartbeat" }, said(sorted.heartbeats))
		metrics.alerts.inc({ status, result: "page" }, said(sorted.pages))
	}
	for (const { status, malformedCount } of notifications)
		metrics.alerts.inc({ status, result: "malformed" }, malformedCount)
}
