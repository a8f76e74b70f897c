import { sql } from "drizzle-orm"
import { incidents, incidentTimeline } from "../../core/db/schema/index.ts"
import type { Transaction } from "../context.ts"
import type { ReceivedAlert } from "../intake/notification.ts"
import type { Incident } from "./list.ts"

export interface RecordInput {
	readonly alerts: readonly ReceivedAlert[]
	readonly receiver: string
	readonly now: Date
}

/** What alerts did. An alert that did nothing was known already. */
export interface RecordResult {
	/** Incidents that are open now and were not known before. */
	readonly opened: readonly Incident[]
	/** Incidents that are over now, for whatever reason. */
	readonly resolved: readonly number[]
	/** Alerts that changed something, by what they said. */
	readonly news: Readonly<Record<"firing" | "resolved", number>>
}

type TimelineRow = typeof incidentTimeline.$inferInsert

/**
 * Brings incidents up to date with alerts, inside the caller's transaction. An incident is one instance of an alert:
 * fingerprint and start. Saying a thing twice changes nothing, and a resolved instance never opens again, in whatever
 * order its notifications arrive.
 */
export async function recordAlerts(tx: Transaction, input: RecordInput): Promise<RecordResult> {
	const alerts = distinct(input.alerts)
	if (alerts.length === 0) return { opened: [], resolved: [], news: { firing: 0, resolved: 0 } }
	const timeline: TimelineRow[] = []

	const created = await insertNew(tx, alerts, input.now)
	for (const row of created) timeline.push(...firstRows(row, input))
	const closed = await closeResolved(tx, alerts, input.now)
	for (const { id, endsAt } of closed)
		timeline.push({ incidentId: id, kind: "resolved", actor: "alertmanager", details: { endsAt }, at: input.now })
	const superseded = await closeSuperseded(tx, alerts, input.now)
	for (const id of superseded)
		timeline.push({
			incidentId: id,
			kind: "resolved",
			actor: "observatory",
			details: { reason: "a newer instance of the same alert is known" },
			at: input.now,
		})
	if (timeline.length > 0) await tx.insert(incidentTimeline).values(timeline)

	const fired = created.filter((row) => row.status === "firing")
	return {
		opened: fired.filter((row) => !superseded.includes(row.id)),
		resolved: [...created.filter((row) => row.status === "resolved"), ...closed]
			.map((row) => row.id)
			.concat(superseded),
		news: { firing: fired.length, resolved: created.length - fired.length + closed.length },
	}
}

/** One alert an instance, resolved before firing, in one order for everybody so that transactions cannot deadlock. */
function distinct(alerts: readonly ReceivedAlert[]): ReceivedAlert[] {
	const byInstance = new Map<string, ReceivedAlert>()
	for (const alert of alerts) {
		const key = `${alert.fingerprint} ${alert.startsAt.toISOString()}`
		if (byInstance.get(key)?.status !== "resolved") byInstance.set(key, alert)
	}
	return [...byInstance].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, alert]) => alert)
}

async function insertNew(tx: Transaction, alerts: readonly ReceivedAlert[], now: Date) {
	const created: (typeof incidents.$inferSelect)[] = []
	// PostgreSQL takes 65 535 parameters in a statement; a notification may hold thousands of alerts.
	for (let from = 0; from < alerts.length; from += 1_000) {
		const rows = alerts.slice(from, from + 1_000).map((alert) => ({
			...alert,
			receivedAt: now,
			updatedAt: now,
			endsAt: endOf(alert, now),
			resolvedAt: alert.status === "resolved" ? now : null,
		}))
		created.push(...(await tx.insert(incidents).values(rows).onConflictDoNothing().returning()))
	}
	return created
}

/** A label set has one instance at a time: its end also ends an instance that was reported with another start. */
async function closeResolved(tx: Transaction, alerts: readonly ReceivedAlert[], now: Date) {
	const ended = alerts.filter((alert) => alert.status === "resolved")
	if (ended.length === 0) return []
	const rows = JSON.stringify(
		ended.map((alert) => ({ fingerprint: alert.fingerprint, ends_at: endOf(alert, now), starts_at: alert.startsAt })),
	)
	const result = await tx.execute<{ id: string; ends_at: string }>(sql`
		update ${incidents} as open
		set status = 'resolved', ends_at = said.ends_at, resolved_at = ${now}, updated_at = ${now}
		from jsonb_to_recordset(${rows}::jsonb) as said(fingerprint text, starts_at timestamptz, ends_at timestamptz)
		where open.status = 'firing' and open.fingerprint = said.fingerprint
			and (open.starts_at = said.starts_at or open.starts_at <= said.ends_at)
		returning open.id, open.ends_at`)
	return result.rows.map((row) => ({ id: Number(row.id), endsAt: row.ends_at }))
}

/** An instance is over, though nobody said so, when a later one of the same label set is known. */
async function closeSuperseded(tx: Transaction, alerts: readonly ReceivedAlert[], now: Date): Promise<number[]> {
	const fingerprints = JSON.stringify([...new Set(alerts.map((alert) => alert.fingerprint))])
	const result = await tx.execute<{ id: string }>(sql`
		update ${incidents} as open
		set status = 'resolved', ends_at = later.starts_at, resolved_at = ${now}, updated_at = ${now}
		from ${incidents} as later
		where open.status = 'firing'
			and open.fingerprint in (select jsonb_array_elements_text(${fingerprints}::jsonb))
			and later.fingerprint = open.fingerprint and later.starts_at > open.starts_at
		returning open.id`)
	return [...new Set(result.rows.map((row) => Number(row.id)))]
}

const endOf = (alert: ReceivedAlert, now: Date) => alert.endsAt ?? (alert.status === "resolved" ? now : null)

function firstRows(row: typeof incidents.$inferSelect, { receiver, now }: RecordInput): TimelineRow[] {
	const rows: TimelineRow[] = [
		{ incidentId: row.id, kind: "fired", actor: "prometheus", at: row.startsAt },
		{ incidentId: row.id, kind: "received", actor: "alertmanager", details: { receiver }, at: now },
	]
	if (row.status === "resolved")
		rows.push({ incidentId: row.id, kind: "resolved", actor: "alertmanager", details: { endsAt: row.endsAt }, at: now })
	return rows
}
