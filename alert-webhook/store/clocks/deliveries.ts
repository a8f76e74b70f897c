import { and, asc, eq, inArray, isNull, sql } from "drizzle-orm"
import { inbox, incidentClocks, incidentDeliveries, incidents, pages } from "../../../core/db/schema/index.ts"
import type { Context, Transaction } from "../../context.ts"
import type { Who } from "../audit/append.ts"
import type { Incident } from "../incidents/list.ts"
import { record } from "../record.ts"

/** One acceptance of an incident's alert. */
export interface Delivery {
	readonly incidentId: number
	readonly channel: string
	readonly acceptedAt: Date
	readonly evidence: "inbox" | "counter" | "page"
}

/** An incident whose deliveries are not all known, with those that are. */
export interface RunningClock {
	readonly incident: Incident
	readonly clock: typeof incidentClocks.$inferSelect
	readonly deliveries: readonly (typeof incidentDeliveries.$inferSelect)[]
}

/** The incidents whose clocks run, the oldest first. */
export async function runningClocks({ db }: Pick<Context, "db">, limit: number): Promise<RunningClock[]> {
	const rows = await db
		.select({ incident: incidents, clock: incidentClocks })
		.from(incidentClocks)
		.innerJoin(incidents, eq(incidents.id, incidentClocks.incidentId))
		.where(isNull(incidentClocks.closedAt))
		.orderBy(asc(incidentClocks.incidentId))
		.limit(limit)
	if (rows.length === 0) return []
	const ids = rows.map(({ incident }) => incident.id)
	const known = await db.select().from(incidentDeliveries).where(inArray(incidentDeliveries.incidentId, ids))
	return rows.map((row) => ({ ...row, deliveries: known.filter((one) => one.incidentId === row.incident.id) }))
}

/** The first inbox message on each channel that has the alert of one of these incidents. */
export async function inboxDeliveries({ db }: Pick<Context, "db">, ids: readonly number[]): Promise<Delivery[]> {
	const { rows } = await db.execute<{ id: string; channel: string; at: number }>(sql`
		select incident.id, message.channel, min(extract(epoch from message.received_at) * 1000)::float8 as at
		from ${incidents} as incident
		join ${inbox} as message on message.received_at >= incident.starts_at and message.status = 'firing'
			and position(',' || message.channel || ',' in coalesce(incident.labels->>'channels', '')) > 0
			and message.body @> jsonb_build_object('alerts',
				jsonb_build_array(jsonb_build_object('fingerprint', incident.fingerprint, 'status', 'firing')))
		where incident.id = any(${sql.param([...ids])}::bigint[])
		group by incident.id, message.channel`)
	return rows.map(({ id, channel, at }) => ({
		incidentId: Number(id),
		channel,
		acceptedAt: new Date(at),
		evidence: "inbox",
	}))
}

/** The first page about each of these incidents that Alertmanager accepted. */
export async function pageDeliveries({ db }: Pick<Context, "db">, ids: readonly number[]): Promise<Delivery[]> {
	const rows = await db
		.select({ incidentId: pages.incidentId, labels: pages.labels, sentAt: pages.sentAt })
		.from(pages)
		.where(and(inArray(pages.incidentId, [...ids]), sql`${pages.sentAt} is not null`))
		.orderBy(asc(pages.sentAt))
	return rows.flatMap(({ incidentId, labels, sentAt }): Delivery[] => {
		const channel = (labels.channels ?? "").split(",").find(Boolean)
		return incidentId === null || sentAt === null || channel === undefined
			? []
			: [{ incidentId, channel, acceptedAt: sentAt, evidence: "page" }]
	})
}

const ALERTMANAGER: Who = { actor: "alertmanager", address: null }

/** Stores deliveries, each once by any replica, with their lines of the timeline. */
export async function saveDeliveries(tx: Transaction, deliveries: readonly Delivery[]): Promise<void> {
	if (deliveries.length === 0) return
	const saved = await tx
		.insert(incidentDeliveries)
		.values([...deliveries])
		.onConflictDoNothing()
		.returning()
	await record(
		tx,
		saved.map(({ incidentId, channel, evidence, acceptedAt: at }) => ({
			incidentId,
			event: { kind: "notified", channel, evidence },
			by: ALERTMANAGER,
			at,
		})),
	)
}

/** Closes clocks; returns those that ran until now. */
export async function closeClocks(tx: Transaction, ids: readonly number[], now: Date): Promise<number[]> {
	if (ids.length === 0) return []
	const rows = await tx
		.update(incidentClocks)
		.set({ closedAt: now })
		.where(and(inArray(incidentClocks.incidentId, [...ids]), isNull(incidentClocks.closedAt)))
		.returning({ id: incidentClocks.incidentId })
	return rows.map(({ id }) => id)
}
