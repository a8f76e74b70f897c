import { sql } from "drizzle-orm"
import { incidents, maintenanceWindows } from "../../../core/db/schema/index.ts"
import type { Transaction } from "../../context.ts"
import type { ReceivedAlert } from "../../domain/notification.ts"
import { isActive } from "../maintenance.ts"

/** An alert, and the receiver of Alertmanager that delivered it. */
export interface IncidentAlert extends ReceivedAlert {
	readonly receiver: string
	/** The reason why we know of it, when no notification brought it. */
	readonly reason: string | undefined
}

/** An incident that was created just now. */
export interface OpenedIncident extends IncidentAlert {
	readonly id: number
	/** A maintenance window is active, and may match it. */
	readonly inMaintenance: boolean
}

/** An alert that was not known before. */
export interface CreatedIncident extends OpenedIncident {
	/** Its label set has other instances. */
	readonly hasOthers: boolean
}

/** Stores the alerts that are not known yet, in one statement. `alerts` are by their instance. */
export async function createIncidents(
	tx: Transaction,
	alerts: ReadonlyMap<string, IncidentAlert>,
	now: Date,
): Promise<CreatedIncident[]> {
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
	const { rows: inserted } = await tx.execute<{
		id: string
		fingerprint: string
		started: number
		others: boolean
		in_window: boolean
	}>(sql`
		with said as materialized (
			select * from json_to_recordset(${JSON.stringify(rows)}::json) as said(
				fingerprint text, alertname text, severity text, status text, labels jsonb, annotations jsonb,
				generator_url text, starts_at timestamptz, ends_at timestamptz)
		), created as (
			insert into ${incidents} (
				fingerprint, alertname, severity, status, labels, annotations, generator_url, starts_at, ends_at,
				received_at, resolved_at, updated_at)
			select
				fingerprint, alertname, severity, status, labels, annotations, generator_url, starts_at, ends_at,
				${now}, case status when 'resolved' then ${now}::timestamptz end, ${now}
			from said
			on conflict do nothing
			returning id, fingerprint, starts_at
		)
		select
			id, fingerprint, (extract(epoch from starts_at) * 1000)::float8 as started,
			exists (select from ${incidents} as other where other.fingerprint = created.fingerprint) as others,
			exists (select from ${maintenanceWindows} where ${isActive(now)}) as in_window
		from created`)
	const starts = countStarts(alerts.values())
	return inserted.map(({ id, fingerprint, started, others, in_window: inWindow }) => {
		const alert = alerts.get(instanceOf({ fingerprint, startsAt: new Date(started) }))
		if (!alert) throw new Error(`PostgreSQL returned an alert that was not given to it: ${fingerprint} ${started}`)
		// The statement sees the rows from before it; those of this call are counted here.
		const hasOthers = others || starts.get(fingerprint) !== 1
		return { ...alert, id: Number(id), hasOthers, inMaintenance: inWindow }
	})
}

/** How many instances of each label set there are. */
function countStarts(alerts: Iterable<ReceivedAlert>): Map<string, number> {
	const counts = new Map<string, number>()
	for (const { fingerprint } of alerts) counts.set(fingerprint, (counts.get(fingerprint) ?? 0) + 1)
	return counts
}

/** The key of one instance of an alert. */
export const instanceOf = ({ fingerprint, startsAt }: Pick<ReceivedAlert, "fingerprint" | "startsAt">) =>
	`${fingerprint} ${startsAt.toISOString()}`

/** When an alert ended; now, for a resolved one without an end. */
export const endOf = (alert: ReceivedAlert, now: Date) => alert.endsAt ?? (alert.status === "resolved" ? now : null)
