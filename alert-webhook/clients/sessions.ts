import type pg from "pg"
import { ACTIVE_STATES } from "../../core/catalogue/subjects/sessions.ts"
import { isSameDatabase } from "../../core/db/identity.ts"
import { inTransaction } from "../../core/db/session.ts"
import { missingRight, readSessionRights, type SessionRights } from "../../core/db/session-rights.ts"
import { messageOf, ObservatoryError } from "../../core/lib/errors.ts"
import { withTimeout } from "../../core/lib/timeout.ts"

const WORKING = ["initializing", "running"]
/** The time limit for one database. Two of these are shorter than the wait for the lock of the control state. */
const PATIENCE_MS = 5_000

/** The result of a query or a change on every database with sessions. A failure of one does not delay the other. */
export interface SessionResult {
	/** The sessions that were found or changed. */
	readonly ids: readonly string[]
	/** The problems: the database, the cause and the advice. */
	readonly pending: readonly string[]
}

/**
 * The autonomous sessions: those in the monitored database, which may be another server and may be down, and those in
 * the observatory database, such as the sessions that transcripts report. No method rejects.
 */
export interface Sessions {
	/** Sessions that work; a paused one does not. */
	working(): Promise<SessionResult>
	/** Sessions that have not ended. */
	alive(): Promise<SessionResult>
	/** Ends all sessions that have not ended. */
	stop(now: Date): Promise<SessionResult>
	/** Pauses those of `ids` that work. */
	pause(ids: readonly string[], now: Date): Promise<SessionResult>
	/** Resumes those of `ids` that are still paused. */
	resume(ids: readonly string[], now: Date): Promise<SessionResult>
	/** The reasons why sessions cannot be paused or ended, as far as they are known beforehand. */
	unreachableSessions(): Promise<readonly string[]>
}

interface SessionDatabase {
	readonly name: string
	readonly pool: pg.Pool
	/** False for another address of a database that is already in the list. */
	isApart(): Promise<boolean>
}

type Work = (client: pg.PoolClient, rights: SessionRights) => Promise<string[]>

interface Change {
	readonly to: string
	readonly from: readonly string[]
	/** Only these; all when absent. */
	readonly ids?: readonly string[]
	readonly ended?: Date
	readonly now: Date
}

/** `source` is the monitored database; without it, only the observatory database is used. */
export function createSessions({ own, source }: { own: pg.Pool; source?: pg.Pool }): Sessions {
	let isOne: boolean | undefined
	const databases: readonly SessionDatabase[] = [
		{ name: "our database", pool: own, isApart: async () => true },
		...(source ? [{ name: "the monitored database", pool: source, isApart }] : []),
	]

	/** Two addresses of one database count as the observatory database, where we have every right. */
	async function isApart(): Promise<boolean> {
		// An unreachable database counts as another one: the query on it reports the problem.
		isOne ??= source && (await isSameDatabase(own, source).catch(() => undefined))
		return !isOne
	}

	const everywhere = async (what: string, work: Work): Promise<SessionResult> => {
		const results = await Promise.all(databases.map((database) => attempt(database, what, work)))
		return { ids: [...new Set(results.flatMap(({ ids }) => ids))], pending: results.flatMap(({ pending }) => pending) }
	}
	const find = (what: string, states: readonly string[]) =>
		everywhere(what, (client, rights) => select(client, rights, { from: states }))
	const change = (what: string, wanted: Change) =>
		everywhere(what, async (client, rights) => {
			if ((await select(client, rights, wanted)).length === 0) return []
			requireRights(rights)
			return update(client, wanted)
		})
	return {
		working: () => find("Reading the sessions", WORKING),
		alive: () => find("Reading the sessions", ACTIVE_STATES),
		stop: (now) => change("Ending the sessions", { to: "emergency_stopped", from: ACTIVE_STATES, ended: now, now }),
		pause: (ids, now) => change("Pausing the sessions", { to: "paused", from: WORKING, ids, now }),
		resume: (ids, now) => change("Resuming the sessions", { to: "running", from: ["paused"], ids, now }),
		async unreachableSessions() {
			const absent: string[] = []
			const checked = await everywhere("Reading the sessions", async (_, rights) => {
				requireRights(rights)
				if (!rights.kept)
					absent.push(
						"The monitored database has no table observatory.claude_sessions: its sessions get the state from the gate or GET /api/control only.",
					)
				return []
			})
			return [...checked.pending, ...absent]
		},
	}
}

async function attempt({ name, pool, isApart }: SessionDatabase, what: string, work: Work): Promise<SessionResult> {
	try {
		const ids = await withTimeout({ ms: PATIENCE_MS, message: `${what}: it took too long` }, async (signal) => {
			if (!(await isApart())) return []
			return inTransaction(pool, { what, signal }, async (client) => work(client, await readSessionRights(client)))
		})
		return { ids, pending: [] }
	} catch (error) {
		const advice = error instanceof ObservatoryError ? ` ${error.advice ?? ""}` : ""
		return { ids: [], pending: [`In ${name}: ${messageOf(error)}.${advice}`.trim()] }
	}
}

/** @throws ObservatoryError `database_forbidden` when the rows may not be changed */
function requireRights(rights: SessionRights): void {
	const lack = missingRight(rights)
	if (lack) throw new ObservatoryError("database_forbidden", lack.what, { advice: lack.fix })
}

async function select(
	client: pg.PoolClient,
	rights: SessionRights,
	{ from, ids }: Pick<Change, "from" | "ids">,
): Promise<string[]> {
	if (!rights.kept) return []
	if (!rights.readable) requireRights(rights)
	const { rows } = await client.query<{ id: string }>(
		"select id from observatory.claude_sessions where status = any($1) and ($2::text[] is null or id = any($2))",
		[from, ids ?? null],
	)
	return rows.map(({ id }) => id)
}

async function update(client: pg.PoolClient, { to, from, ids, ended, now }: Change): Promise<string[]> {
	const { rows } = await client.query<{ id: string }>(
		`update observatory.claude_sessions set status = $1, ended_at = coalesce($2, ended_at), updated_at = $3
		where status = any($4) and ($5::text[] is null or id = any($5)) returning id`,
		[to, ended ?? null, now, from, ids ?? null],
	)
	return rows.map(({ id }) => id)
}
