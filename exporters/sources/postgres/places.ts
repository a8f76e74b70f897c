import type pg from "pg"
import { isSameDatabase } from "../../../core/db/identity.ts"
import { onSnapshot, type SessionOptions } from "../../../core/db/session.ts"

/** The two databases that a reader stands between; they may be the same. */
export interface Databases {
	/** Ours: positions and totals, and our own tables, such as the sessions that transcripts tell of. */
	readonly own: pg.Pool
	/** The monitored system's, read-only. */
	readonly source: pg.Pool
}

/** A database that the contract is read from, on one snapshot. */
export interface Place {
	readonly client: pg.ClientBase
	/** The providers of this place among those that positions are kept of; others may have rows by now. */
	known(keys: readonly string[]): string[]
	/** Whether it may have providers besides the known ones that count. */
	readonly open: boolean
	/** What positions and tracked rows call a provider of this place. */
	key(provider: string): string
}

/** How the contract calls our own tables, wherever they are. */
const OWN = "own"
/** Our own tables may stand in the monitored database as well, and number their rows anew there. */
const SOURCE_OWN = "source:own"

/**
 * Lends every place that the contract is read from: the monitored database and, when that is another one, our own for
 * the rows of our own tables. Those are called the same either way, so that moving the one away from the other, or
 * back, counts no row of ours twice. `asking` is a connection to our database that may be asked which one it is.
 */
export async function atPlaces<T>(
	{ own, source }: Databases,
	asking: pg.ClientBase,
	{ what, signal }: SessionOptions,
	work: (places: readonly Place[]) => Promise<T>,
): Promise<T> {
	return onSnapshot(source, { what: `${what} (contract views)`, signal }, async (client) => {
		const isOne = own.options.connectionString === source.options.connectionString
		if (isOne || (await isSameDatabase(asking, client))) return work([only(client)])
		return onSnapshot(own, { what: `${what} (our own tables)`, signal }, (ours) =>
			work([tablesOfOurs(ours), monitored(client)]),
		)
	})
}

const only = (client: pg.ClientBase): Place => ({ client, known: (keys) => [...keys], open: true, key: (name) => name })

const tablesOfOurs = (client: pg.ClientBase): Place => ({ client, known: () => [OWN], open: false, key: () => OWN })

const monitored = (client: pg.ClientBase): Place => ({
	client,
	known: (keys) => keys.filter((key) => key !== OWN).map((key) => (key === SOURCE_OWN ? OWN : key)),
	open: true,
	key: (name) => (name === OWN ? SOURCE_OWN : name),
})
