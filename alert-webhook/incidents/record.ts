import { sql } from "drizzle-orm"
import { incidents, incidentTimeline } from "../../core/db/schema/index.ts"
import type { Transaction } from "../context.ts"
import type { ReceivedAlert } from "../intake/notification.ts"

/** An alert, and the receiver of Alertmanager's that it came by. */
export interface IncidentAlert extends ReceivedAlert {
	readonly receiver: string
	/** How we know of it, when no notification brought it. */
	readonly reason: string | undefined
}

export interface RecordInput {
	readonly alerts: readonly IncidentAlert[]
	readonly now: Date
}

/** An incident that is open now and was not known before. */
export interface OpenedIncident extends IncidentAlert {
	readonly id: number
}

/** What alerts did. An alert that did nothing was known already. */
export interface RecordResult {
	readonly opened: readonly OpenedIncident[]
	/** Incidents that are over now, for whatever reason. */
	readonly resolved: readonly number[]
	/** Alerts that changed something, by what they said. */
	readonly news: Readonly<Record<"firing" | "resolved", number>>
}

interface TimelineRow {
	readonly incidentId: number
	readonly kind: "fired" | "received" | "resolved"
	readonly actor: "prometheus" | "alertmanager" | "observatory"
	readonly details?: Record<string, unknown>
	readonly at: Date
}

/**
 * Brings incidents up to date with alerts, inside the caller's transaction. An incident is one instance of an alert:
 * fingerprint and start. Saying a thing twice changes nothing, and a resolved instance never opens again, in whatever
 * order its notifications arrive. Rows travel as one JSON parameter, whose cost does not grow with their columns.
 */
export async function recordAlerts(tx: Transaction, { now, ...input }: RecordInput): Promise<RecordResult> {
	const alerts = distinct(input.alerts)
	if (alerts.size === 0) return { opened: [], resolved: [], news: { firing: 0, resolved: 0 } }

	const created = await insertNew(tx, alerts, now)
	const closed = await closeResolved(tx, alerts, now)
	const superseded = created.length === 0 ? [] : await closeSuperseded(tx, created, now)
	const reason = "a newer instance of the same alert is known"
	await insertTimeline(tx, [
		...created.flatMap((alert) => firstRows(alert, now)),
		...closed.map(({ id, endsAt }) => resolvedRow(id, "alertmanager", { endsAt }, now)),
		...superseded.map((id) => resolvedRow(id, "observatory", { reason }, now)),
	])

	const fired = created.filter(({ status }) => status === "firing")
	const over = new Set(superseded)
	return {
		opened: fired.filter(({ id }) => !over.has(id)),
		resolved: [...created.filter(({ status }) => status === "resolved"), ...closed]
			.map(({ id }) => id)
			.concat(superseded),
		news: { firing: fired.length, resolved: created.length - fired.length + closed.length },
	}
}

const instanceOf = ({ fingerprint, startsAt }: Pick<ReceivedAlert, "fingerprint" | "startsAt">) =>
	`${fingerprint} ${startsAt.toISOString()}`

/** One alert an instance, resolved before firing, in one order for everybody so that transactions cannot deadlock. */
function distinct(alerts: readonly IncidentAlert[]): Map<string, IncidentAlert> {
	const byInstance = new Map<string, IncidentAlert>()
	for (const alert of alerts) {
		const key = instanceOf(alert)
		if (byInstance.get(key)?.status !== "resolved") byInstance.set(key, alert)
	}
	return new Map([...byInstance].sort(([a], [b]) => (a < b ? -1 : 1)))
}

async function insertNew(
	tx: Transaction,
	alerts: ReadonlyMap<string, IncidentAlert>,
	now: Date,
): Promise<OpenedIncident[]> {
	const rows = [...alerts.values()].map((alert) => ({
		fingerprint: alert.fingerprint,
		alertname: alert.alertname,
		severity: alert.severity,
		status: alert.status,
		labels: alert.labels,
		annotations: alert.annotations,
		generator_url: alert.generatorUrl,
		starts_at: alert.startsAt,
		ends_at: endOf(alert, now),
	}))
	const { rows: inserted } = await tx.execute<{ id: string; fingerprint: string; started: number }>(sql`
		insert into ${incidents} (
			fingerprint, alertname, severity, status, labels, annotations, generator_url, starts_at, ends_at,
			received_at, resolved_at, updated_at)
		select said.*, ${now}, case said.status when 'resolved' then ${now}::timestamptz end, ${now}
		from json_to_recordset(${JSON.stringify(rows)}::json) as said(
			fingerprint text, alertname text, severity text, status text, labels jsonb, annotations jsonb,
			generator_url text, starts_at timestamptz, ends_at timestamptz)
		on conflict do nothing
		returning id, fingerprint, (extract(epoch from starts_at) * 1000)::float8 as started`)
	return inserted.map(({ id, fingerprint, started }) => {
		const alert = alerts.get(instanceOf({ fingerprint, startsAt: new Date(started) }))
		if (!alert) throw new Error(`PostgreSQL returned an alert that was not given to it: ${fingerprint} ${started}`)
		return { ...alert, id: Number(id) }
	})
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

/** An instance is over, though nobody said so, when a later one of the same label set is known. */
async function closeSuperseded(tx: Transaction, created: readonly OpenedIncident[], now: Date): Promise<number[]> {
	const result = await tx.execute<{ id: string }>(sql`
		update ${incidents} as open
		set status = 'resolved', resolved_at = ${now}, updated_at = ${now}, ends_at = (
			select min(later.starts_at) from ${incidents} as later
			where later.fingerprint = open.fingerprint and later.starts_at > open.starts_at)
		where open.status = 'firing'
			and open.fingerprint = any(${fingerprints(created)}::text[])
			and exists (
				select from ${incidents} as later
				where later.fingerprint = open.fingerprint and later.starts_at > open.starts_at)
		returning open.id`)
	return result.rows.map((row) => Number(row.id))
}

/** Each fingerprint once. An array lets PostgreSQL see how many they are, and so use the index. */
const fingerprints = (alerts: readonly ReceivedAlert[]) =>
	sql.param([...new Set(alerts.map((alert) => alert.fingerprint))])

async function insertTimeline(tx: Transaction, rows: readonly TimelineRow[]): Promise<void> {
	if (rows.length === 0) return
	await tx.execute(sql`
		insert into ${incidentTimeline} (incident_id, kind, actor, details, at)
		select "incidentId", kind, actor, coalesce(details, '{}'), at
		from json_to_recordset(${JSON.stringify(rows)}::json)
			as row("incidentId" bigint, kind text, actor text, details jsonb, at timestamptz)`)
}

const endOf = (alert: ReceivedAlert, now: Date) => alert.endsAt ?? (alert.status === "resolved" ? now : null)

function firstRows(alert: OpenedIncident, now: Date): TimelineRow[] {
	const { id, receiver, reason, startsAt } = alert
	return [
		{ incidentId: id, kind: "fired", actor: "prometheus", at: startsAt },
		reason === undefined
			? { incidentId: id, kind: "received", actor: "alertmanager", details: { receiver }, at: now }
			: { incidentId: id, kind: "received", actor: "observatory", details: { reason }, at: now },
		...(alert.status === "resolved" ? [resolvedRow(id, "alertmanager", { endsAt: endOf(alert, now) }, now)] : []),
	]
}

const resolvedRow = (
	incidentId: number,
	actor: TimelineRow["actor"],
	details: Record<string, unknown>,
	at: Date,
): TimelineRow => ({ incidentId, kind: "resolved", actor, details, at })
