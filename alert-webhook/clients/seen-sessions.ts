import type pg from "pg"
import { ACTIVE_STATES } from "../../core/catalogue/subjects/sessions.ts"
import { inTransaction } from "../../core/db/session.ts"
import { messageOf } from "../../core/lib/errors.ts"
import { withTimeout } from "../../core/lib/timeout.ts"
import type { SeenSession } from "../domain/stoppable.ts"

/** The time limit for one database. */
const PATIENCE_MS = 4_000
const MOST = 10_000

export interface Seen {
	readonly sessions: readonly SeenSession[]
	/** The databases that could not be read, with the reason. */
	readonly unreadable: readonly string[]
}

export type SeenSessions = () => Promise<Seen>

/** Reads every session that a database, transcripts or telemetry show at work. Never rejects. */
export function createSeenSessions({ own, source }: { own: pg.Pool; source?: pg.Pool }): SeenSessions {
	return async () => {
		const reads = [
			attempt("our database", own, readRows),
			attempt("our database's telemetry", own, readTelemetry),
			...(source ? [attempt("the monitored database", source, readRows)] : []),
		]
		const results = await Promise.all(reads)
		const sessions = new Map<string, SeenSession>()
		for (const session of results.flatMap((result) => result.sessions)) {
			const known = sessions.get(session.id)
			// The latest activity counts, whichever source saw it; two addresses of one database show the same.
			if (known === undefined || known.activeAt < session.activeAt)
				sessions.set(session.id, { ...session, startedAt: Math.min(session.startedAt, known?.startedAt ?? Infinity) })
		}
		return { sessions: [...sessions.values()], unreadable: results.flatMap((result) => result.unreadable) }
	}
}

type Read = (client: pg.PoolClient) => Promise<readonly SeenSession[]>

async function attempt(name: string, pool: pg.Pool, read: Read): Promise<Seen> {
	const what = "Reading who is at work"
	try {
		const sessions = await withTimeout({ ms: PATIENCE_MS, message: `${what}: it took too long` }, (signal) =>
			inTransaction(pool, { what, signal }, read),
		)
		return { sessions, unreadable: [] }
	} catch (error) {
		return { sessions: [], unreadable: [`The sessions of ${name} are not known: ${messageOf(error)}`] }
	}
}

/** The contract's view, which has every provider's sessions; where it is absent, our own table. */
async function readRows(client: pg.PoolClient): Promise<readonly SeenSession[]> {
	const { rows: tables } = await client.query<{ name: string }>(
		`select name from unnest(array['contract.sessions', 'observatory.claude_sessions']) name
		where to_regclass(name) is not null and has_table_privilege(to_regclass(name), 'SELECT')`,
	)
	const table = tables[0]?.name
	if (table === undefined) return []
	const { rows } = await client.query<Row>(
		`select id, source, coalesce(started_at, updated_at) as started_at, coalesce(updated_at, started_at) as active_at
		from ${table} where status = any($1) and coalesce(updated_at, started_at) is not null limit ${MOST}`,
		[ACTIVE_STATES],
	)
	return rows.map(seen)
}

/** Sessions whose telemetry arrived in the last two minutes, unless they ended about then. */
async function readTelemetry(client: pg.PoolClient): Promise<readonly SeenSession[]> {
	const { rows } = await client.query<Row>(
		`select u.session as id, 'telemetry' as source, min(u.slot) as started_at, max(u.last_at) as active_at
		from observatory.telemetry_usage u
		where u.session <> '' and u.slot > now() - interval '1 hour'
		group by u.session
		having max(u.last_at) > now() - interval '2 minutes' and not exists (
			select from observatory.claude_sessions s
			where s.id = u.session and s.ended_at > max(u.last_at) - interval '1 minute'
		) limit ${MOST}`,
	)
	return rows.map(seen)
}

interface Row {
	readonly id: string
	readonly source: string
	readonly started_at: Date
	readonly active_at: Date
}

const seen = ({ id, source, started_at, active_at }: Row): SeenSession => ({
	id,
	source,
	startedAt: started_at.getTime(),
	activeAt: active_at.getTime(),
})
