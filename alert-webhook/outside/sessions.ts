import { and, count, inArray, sql } from "drizzle-orm"
import { ACTIVE_STATES } from "../../core/catalogue/subjects/sessions.ts"
import { type Database, databaseError } from "../../core/db/client.ts"
import { claudeSessions, events } from "../../core/db/schema/index.ts"

const WORKING = ["initializing", "running"]

/** The autonomous sessions in the monitored database, which may be another server than ours, and may be away. */
export interface Sessions {
	/** Ids of those that work; a paused one does not. */
	working(): Promise<readonly string[]>
	/** How many have not ended. */
	alive(): Promise<number>
	/** Ends all that have not ended; returns their ids. */
	stop(now: Date): Promise<readonly string[]>
	/** Holds those of `ids` that still work. */
	pause(ids: readonly string[], now: Date): Promise<void>
	/** Lets those of `ids` that are still held go on; returns their ids. */
	resume(ids: readonly string[], now: Date): Promise<readonly string[]>
	/** Writes an event of this revision of the control state down; once, however often it is called. */
	record(event: ControlEvent): Promise<void>
}

export interface ControlEvent {
	readonly type: "emergency_stop" | "emergency_stop_released"
	readonly revision: number
	readonly by: string
	readonly reason: string
	readonly at: Date
}

/** Every method throws ObservatoryError `database_unreachable` or `database_forbidden` when it cannot be done. */
export function createSessions(db: Database): Sessions {
	const setStatus = async (status: string, from: readonly string[], ids: readonly string[], now: Date) => {
		if (ids.length === 0) return []
		const which = and(inArray(claudeSessions.id, [...ids]), inArray(claudeSessions.status, [...from]))
		const rows = await db
			.update(claudeSessions)
			.set({ status, updatedAt: now })
			.where(which)
			.returning({ id: claudeSessions.id })
		return rows.map(({ id }) => id)
	}
	return {
		working: () =>
			reaching("Reading the sessions", async () => {
				const rows = await db
					.select({ id: claudeSessions.id })
					.from(claudeSessions)
					.where(inArray(claudeSessions.status, WORKING))
				return rows.map(({ id }) => id)
			}),
		alive: () =>
			reaching("Counting the sessions", async () => {
				const [row] = await db
					.select({ n: count() })
					.from(claudeSessions)
					.where(inArray(claudeSessions.status, [...ACTIVE_STATES]))
				return row?.n ?? 0
			}),
		stop: (now) =>
			reaching("Ending the sessions", async () => {
				const rows = await db
					.update(claudeSessions)
					.set({ status: "emergency_stopped", endedAt: now, updatedAt: now })
					.where(inArray(claudeSessions.status, [...ACTIVE_STATES]))
					.returning({ id: claudeSessions.id })
				return rows.map(({ id }) => id)
			}),
		pause: (ids, now) =>
			reaching("Pausing the sessions", async () => {
				await setStatus("paused", WORKING, ids, now)
			}),
		resume: (ids, now) => reaching("Resuming the sessions", () => setStatus("running", ["paused"], ids, now)),
		record: ({ type, revision, by, reason, at }) =>
			reaching("Writing down the event", async () => {
				const details = JSON.stringify({ source: "observatory", by, reason, revision })
				await db.execute(sql`
					insert into ${events} (type, details, created_at)
					select ${type}, ${details}::jsonb, ${at}
					where not exists (
						select from ${events} where type = ${type} and created_at = ${at} and details ->> 'revision' = ${String(revision)}
					)`)
			}),
	}
}

async function reaching<T>(what: string, work: () => Promise<T>): Promise<T> {
	try {
		return await work()
	} catch (error) {
		throw databaseError(error, what)
	}
}
