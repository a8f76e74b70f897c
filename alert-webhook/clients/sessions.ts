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

/** The contract's view may be expensive. */
const COMPARE_EVERY_MS = 5_000

/** The result of a query or a change on every database with sessions. A failure of one does not delay the other. */
export interface SessionResult {
	/** The sessions that were found or changed. */
	readonly ids: readonly string[]
	/** The problems: the database, the cause and the advice. */
	readonly pending: readonly string[]
	/** The sessions that no row of ours can reach, so that they get the state from the gate only. */
	readonly gateOnly?: readonly string[]
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

type Work = (client: pg.PoolClient, rights: SessionRights) => Promise<string[] | SessionResult>

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
		return merged(results)
	}
	const find = (what: string, states: readonly string[]) =>
		everywhere(what, (client, rights) => select(client, rights, { from: states }))
	const change = async (what: string, wanted: Change): Promise<SessionResult> => {
		const changed = await everywhere(what, async (client, rights) => {
			if ((await select(client, rights, wanted)).length === 0) return []
			requireRights(rights)
			return update(client, wanted)
		})
		// Afterwards, and not in the same transaction: a broken view must not keep a session alive.
		return wanted.to === "running" ? changed : merged([changed, await compare(wanted)])
	}
	/** What the contract's view still shows, at most every few seconds: the rows are updated each second of a stop. */
	let compared: { readonly at: number; readonly to: string; readonly found: SessionResult } | undefined
	const compare = async ({ to, from, now }: Change): Promise<SessionResult> => {
		const age = now.getTime() - (compared?.at ?? 0)
		if (compared?.to === to && age >= 0 && age < COMPARE_EVERY_MS) return compared.found
		const found = await everywhere("Comparing the sessions", (client, rights) => findUnreached(client, rights, from))
		compared = { at: now.getTime(), to, found }
		return found
	}
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

const merged = (results: readonly SessionResult[]): SessionResult => ({
	ids: [...new Set(results.flatMap(({ ids }) => ids))],
	pending: [...new Set(results.flatMap(({ pending }) => pending))],
	gateOnly: [...new Set(results.flatMap(({ gateOnly = [] }) => gateOnly))],
})

async function attempt({ name, pool, isApart }: SessionDatabase, what: string, work: Work): Promise<SessionResult> {
	try {
		const done = await withTimeout({ ms: PATIENCE_MS, message: `${what}: it took too long` }, async (signal) => {
			if (!(await isApart())) return []
			return inTransaction(pool, { what, signal }, async (client) => work(client, await readSessionRights(client)))
		})
		if (!("pending" in done)) return { ids: done, pending: [] }
		return { ...done, pending: done.pending.map((problem) => `In ${name}: ${problem}`) }
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

/**
 * Changes the rows that no other transaction has locked, and reads them back: a trigger may refuse without an error.
 * One locked row does not keep the others.
 */
async function update(client: pg.PoolClient, { to, from, ids, ended, now }: Change): Promise<SessionResult> {
	const wanted = [from, ids ?? null]
	const matching =
		"select id from observatory.claude_sessions where status = any($1) and ($2::text[] is null or id = any($2))"
	const free = idsOf(await client.query<{ id: string }>(`${matching} for update skip locked`, wanted))
	const locked = idsOf(await client.query<{ id: string }>(matching, wanted)).filter((id) => !free.includes(id))
	await client.query(
		`update observatory.claude_sessions set status = $1, ended_at = coalesce($2, ended_at), updated_at = $3
		where id = any($4)`,
		[to, ended ?? null, now, free],
	)
	const unchanged = idsOf(
		await client.query<{ id: string }>(
			"select id from observatory.claude_sessions where id = any($1) and status is distinct from $2",
			[free, to],
		),
	)
	return {
		ids: free.filter((id) => !unchanged.includes(id)),
		pending: [
			...problem(
				locked,
				"another transaction has locked the row. It is retried; pg_stat_activity shows the transaction",
			),
			...problem(unchanged, "the update had no effect: a trigger or a rule of observatory.claude_sessions prevents it"),
		],
	}
}

/** The sessions that the contract's view shows as active, and whose rows this user cannot see. */
async function findUnreached(
	client: pg.PoolClient,
	rights: SessionRights,
	from: readonly string[],
): Promise<SessionResult> {
	const view = await client.query(
		"select from pg_class c where c.oid = to_regclass('contract.sessions') and has_table_privilege(c.oid, 'SELECT')",
	)
	if (view.rows.length === 0) return { ids: [], pending: [] }
	const seen =
		rights.kept && rights.readable ? "not exists (select from observatory.claude_sessions t where t.id = v.id)" : "true"
	const { rows } = await client.query<{ id: string; provider: string }>(
		`select v.id, v.provider from contract.sessions v where v.status = any($1) and ${seen} order by v.id limit 1000`,
		[from],
	)
	// Without the right to read, the update has named that.
	const hidden = rows.filter(({ provider }) => provider === "own" && rights.kept && rights.readable)
	return {
		ids: [],
		pending: problem(
			hidden.map(({ id }) => id),
			`contract.sessions shows it, and ${rights.user} cannot see its row: row-level security hides it. create policy observatory_control on observatory.claude_sessions to "${rights.user}" using (true) with check (true);`,
		),
		gateOnly: rows.flatMap(({ id, provider }) => (provider === "own" ? [] : [`${id} (${provider})`])),
	}
}

const idsOf = ({ rows }: pg.QueryResult<{ id: string }>): string[] => rows.map(({ id }) => id)

const NAMED = 10

/** One line for the sessions with the same problem. */
function problem(ids: readonly string[], what: string): string[] {
	if (ids.length === 0) return []
	const named = ids.slice(0, NAMED).join(", ")
	const more = ids.length > NAMED ? ` and ${ids.length - NAMED} more` : ""
	return [`The session${ids.length > 1 ? "s" : ""} ${named}${more}: ${what}`]
}
