import type pg from "pg"
import { isSameDatabase } from "../../../core/db/identity.ts"
import { onSnapshot, type SessionOptions } from "../../../core/db/session.ts"

/** The two databases of a reader; they may be the same. */
export interface Databases {
	/** The observatory's: positions, totals and its own tables, such as the sessions from transcripts. */
	readonly own: pg.Pool
	/** The monitored one, read-only. */
	readonly source: pg.Pool
}

/** A database's contract on one snapshot. */
export interface Snapshot {
	readonly client: pg.ClientBase
	/** Which database it is, for errors. */
	readonly where: string
	/** The providers that it has among those that positions are kept of. */
	knownProviders(keys: readonly string[]): string[]
	/** Whether providers that are not known yet count too. */
	readonly mayHaveOthers: boolean
	/** The name of one of its providers in positions and tracked rows. */
	key(provider: string): string
}

/** The contract's provider for the observatory's tables, in whichever database they are. */
const OWN = "own"
/** The monitored database may have tables of the observatory as well, with numbers of their own. */
const SOURCE_OWN = "source:own"

/**
 * Opens a snapshot of the monitored database and, when that is another one, of the observatory database, for the rows
 * of its own tables alone. These have the same key either way, so that moving the one away from the other, or back,
 * counts no row twice. `asking` is a connection to the observatory database.
 */
export async function withSnapshots<T>(
	{ own, source }: Databases,
	asking: pg.ClientBase,
	{ what, signal }: SessionOptions,
	work: (snapshots: readonly Snapshot[]) => Promise<T>,
): Promise<T> {
	return onSnapshot(source, { what: `${what} (monitored database)`, signal }, async (client) => {
		const isOne = own.options.connectionString === source.options.connectionString
		if (isOne || (await isSameDatabase(asking, client))) return work([onlyDatabase(client)])
		return onSnapshot(own, { what: `${what} (observatory database)`, signal }, (ours) =>
			work([observatoryDatabase(ours), monitoredDatabase(client)]),
		)
	})
}

const onlyDatabase = (client: pg.ClientBase): Snapshot => ({
	client,
	where: "the monitored database",
	knownProviders: (keys) => [...keys],
	mayHaveOthers: true,
	key: (name) => name,
})

const observatoryDatabase = (client: pg.ClientBase): Snapshot => ({
	client,
	where: "the observatory database",
	knownProviders: () => [OWN],
	mayHaveOthers: false,
	key: () => OWN,
})

const monitoredDatabase = (client: pg.ClientBase): Snapshot => ({
	client,
	where: "the monitored database",
	knownProviders: (keys) => keys.filter((key) => key !== OWN).map((key) => (key === SOURCE_OWN ? OWN : key)),
	mayHaveOthers: true,
	key: (name) => (name === OWN ? SOURCE_OWN : name),
})
