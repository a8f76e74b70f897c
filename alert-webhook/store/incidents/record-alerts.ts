import { sql } from "drizzle-orm"
import { incidents } from "../../../core/db/schema/index.ts"
import type { Transaction } from "../../context.ts"
import type { ReceivedAlert } from "../../domain/notification.ts"
import type { Who } from "../audit/append.ts"
import { type IncidentRecord, record } from "../record.ts"
import {
	type CreatedIncident,
	createIncidents,
	endOf,
	type IncidentAlert,
	instanceOf,
	type OpenedIncident,
} from "./create.ts"

export interface RecordInput {
	readonly alerts: readonly IncidentAlert[]
	readonly now: Date
}

/** The effect of alerts. A repeat has none. */
export interface RecordResult {
	readonly opened: readonly OpenedIncident[]
	/** Incidents that are resolved now, for any reason. */
	readonly resolved: readonly number[]
	/** Alerts that changed something, by their status. */
	readonly news: Readonly<Record<"firing" | "resolved", number>>
}

/** The reason of an incident that ends without a notification. */
export const SUPERSEDED = "a newer instance of the same alert is known"

/**
 * Applies alerts to incidents, inside the caller's transaction. An incident is one instance of an alert: fingerprint
 * and start. A repeat changes nothing, and a resolved instance never opens again, in any order of notifications. Rows
 * are sent as one JSON parameter, whose cost does not grow with their columns.
 */
export async function recordAlerts(tx: Transaction, { now, ...input }: RecordInput): Promise<RecordResult> {
	const alerts = distinct(input.alerts)
	if (alerts.size === 0) return { opened: [], resolved: [], news: { firing: 0, resolved: 0 } }

	const created = await createIncidents(tx, alerts, now)
	const closed = await closeResolved(tx, alerts, now)
	const superseded = await closeSuperseded(tx, created, now)
	await record(tx, [
		...created.flatMap((alert) => startOf(alert, now)),
		...closed.map(({ id, endsAt }) => ({
			incidentId: id,
			event: { kind: "resolved", endsAt } as const,
			by: ALERTMANAGER,
			at: now,
		})),
		...superseded.map(({ id, endsAt }) => ({
			incidentId: id,
			event: { kind: "resolved", endsAt, reason: SUPERSEDED } as const,
			at: now,
		})),
	])

	const fired = created.filter(({ status }) => status === "firing")
	const resolvedIds = new Set(superseded.map(({ id }) => id))
	return {
		opened: fired.filter(({ id }) => !resolvedIds.has(id)),
		resolved: [...created.filter(({ status }) => status === "resolved"), ...closed]
			.map(({ id }) => id)
			.concat([...resolvedIds]),
		news: { firing: fired.length, resolved: created.length - fired.length + closed.length },
	}
}

/**
 * One alert for each instance, resolved before firing, in one order everywhere so that transactions cannot deadlock.
 */
function distinct(alerts: readonly IncidentAlert[]): Map<string, IncidentAlert> {
	const byInstance = new Map<string, IncidentAlert>()
	for (const alert of alerts) {
		const key = instanceOf(alert)
		if (byInstance.get(key)?.status !== "resolved") byInstance.set(key, alert)
	}
	return new Map([...byInstance].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** A label set has one instance at a time: its end also ends an instance that was reported with another start. */
async function closeResolved(tx: Transaction, alerts: ReadonlyMap<string, IncidentAlert>, now: Date) {
	const ended = [...alerts.values()].filter((alert) => alert.status === "resolved")
	if (ended.length === 0) return []
	const rows = ended.map((alert) => ({
		fingerprint: alert.fingerprint,
		ends_at: endOf(alert, now),
		starts_at: alert.startsAt,
	}))
	const result = await tx.execute<{ id: string; ends_at: string }>(sql`
		update ${incidents} as open
		set status = 'resolved', ends_at = said.ends_at, resolved_at = ${now}, updated_at = ${now}
		from json_to_recordset(${JSON.stringify(rows)}::json)
			as said(fingerprint text, starts_at timestamptz, ends_at timestamptz)
		where open.status = 'firing' and open.fingerprint = said.fingerprint
			and open.fingerprint = any(${fingerprints(ended)}::text[])
			and (open.starts_at = said.starts_at or open.starts_at <= said.ends_at)
		returning open.id, open.ends_at`)
	return result.rows.map((row) => ({ id: Number(row.id), endsAt: row.ends_at }))
}

/**
 * An instance also ends when a later one of the same label set is known. A start in the future, from a wrong clock,
 * does not end the instances before it.
 */
async function closeSuperseded(tx: Transaction, created: readonly CreatedIncident[], now: Date) {
	const among = created.filter(({ hasOthers }) => hasOthers)
	if (among.length === 0) return []
	const later = sql`
		from ${incidents} as later where later.fingerprint = open.fingerprint
			and later.starts_at > open.starts_at and later.starts_at <= ${now}`
	const result = await tx.execute<{ id: string; ends_at: string }>(sql`
		update ${incidents} as open
		set status = 'resolved', resolved_at = ${now}, updated_at = ${now},
			ends_at = (select min(later.starts_at) ${later})
		where open.status = 'firing'
			and open.fingerprint = any(${fingerprints(among)}::text[])
			and exists (select ${later})
		returning open.id, open.ends_at`)
	return result.rows.map((row) => ({ id: Number(row.id), endsAt: row.ends_at }))
}

/** Each fingerprint once. From an array PostgreSQL knows the number, and so uses the index. */
const fingerprints = (alerts: readonly ReceivedAlert[]) =>
	sql.param([...new Set(alerts.map((alert) => alert.fingerprint))])

const PROMETHEUS: Who = { actor: "prometheus", address: null }
const ALERTMANAGER: Who = { actor: "alertmanager", address: null }

/** The first lines of a new incident's timeline. */
function startOf(alert: CreatedIncident, now: Date): IncidentRecord[] {
	const { id: incidentId, reason, receiver, startsAt } = alert
	const fired: IncidentRecord = { incidentId, event: { kind: "fired" }, by: PROMETHEUS, at: startsAt }
	const received: IncidentRecord =
		reason === undefined
			? { incidentId, event: { kind: "received", receiver }, by: ALERTMANAGER, at: now }
			: { incidentId, event: { kind: "received", reason }, at: now }
	if (alert.status === "firing") return [fired, received]
	const resolved = { kind: "resolved", endsAt: endOf(alert, now) } as const
	return [fired, received, { incidentId, event: resolved, by: ALERTMANAGER, at: now }]
}
