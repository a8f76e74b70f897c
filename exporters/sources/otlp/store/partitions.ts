import type pg from "pg"

/** Hours of a partition: fine enough to give space back, coarse enough that weeks of them are few. */
const HOURS = 6
const SPAN_MS = HOURS * 3_600_000
/** A lock of a board's query is waited for this long; the next round tries again. */
const LOCK_TIMEOUT = "set local lock_timeout = '2s'"
/** One replica at a time changes partitions. */
const LOCK = "select pg_advisory_xact_lock(hashtextextended('mcp-observatory telemetry partitions', 0))"

export const STORED_TABLES = ["spans", "log_records"] as const
export type StoredTable = (typeof STORED_TABLES)[number]

export interface Partition {
	readonly table: StoredTable
	readonly name: string
	/** Milliseconds since the epoch; it ends before `to`. */
	readonly from: number
	readonly to: number
	/** With its indexes. */
	readonly bytes: number
}

export interface Retention {
	readonly days: number
	/** Of all partitions together. */
	readonly bytes: number
}

export interface Expiry {
	readonly partition: Partition
	readonly reason: "age" | "size"
}

/** The partitions to drop: those that are too old, then the oldest ones until the rest fits; never one that is in use. */
export function expired(partitions: readonly Partition[], { days, bytes }: Retention, now: number): Expiry[] {
	const oldest = now - days * 86_400_000
	const byAge = [...partitions].sort((a, b) => a.to - b.to)
	let size = byAge.reduce((sum, partition) => sum + partition.bytes, 0)
	const drops: Expiry[] = []
	for (const partition of byAge) {
		const reason = partition.to <= oldest ? "age" : size > bytes && partition.to <= now ? "size" : undefined
		if (reason === undefined) continue
		drops.push({ partition, reason })
		size -= partition.bytes
	}
	return drops
}

/** The start of the partition of a time, in milliseconds since the epoch. */
export const partitionStart = (at: number): number => Math.floor(at / SPAN_MS) * SPAN_MS

/** Creates the partitions that start at these times, where they do not exist. */
export async function createPartitions(pool: pg.Pool, table: StoredTable, starts: Iterable<number>): Promise<void> {
	await exclusively(pool, async (client) => {
		for (const from of starts) {
			const [low, high] = [new Date(from).toISOString(), new Date(from + SPAN_MS).toISOString()]
			await client.query("select observatory.create_telemetry_partition($1, $2, $3)", [table, low, high])
		}
	})
}

const BOUNDS = /^FOR VALUES FROM \('([^']+)'\) TO \('([^']+)'\)$/

/** All partitions with their sizes. */
export async function readPartitions(pool: pg.Pool): Promise<Partition[]> {
	const { rows } = await pool.query<{ table: StoredTable; name: string; bounds: string; bytes: string }>(
		`select parent.relname as table, part.relname as name, pg_get_expr(part.relpartbound, part.oid) as bounds,
			pg_total_relation_size(part.oid) as bytes
		from pg_inherits i join pg_class part on part.oid = i.inhrelid join pg_class parent on parent.oid = i.inhparent
		where parent.oid in ('observatory.spans'::regclass, 'observatory.log_records'::regclass)`,
	)
	return rows.flatMap(({ table, name, bounds, bytes }) => {
		const [, from = "", to = ""] = BOUNDS.exec(bounds) ?? []
		const partition = { table, name, from: Date.parse(from), to: Date.parse(to), bytes: Number(bytes) }
		// One that a person made with other bounds is left alone.
		return Number.isFinite(partition.from) && Number.isFinite(partition.to) ? [partition] : []
	})
}

/** Drops a partition; false when another replica already did. */
export async function dropPartition(pool: pg.Pool, { table, name }: Partition): Promise<boolean> {
	return exclusively(pool, async (client) => {
		const { rows } = await client.query<{ dropped: boolean }>(
			"select observatory.drop_telemetry_partition($1, $2) as dropped",
			[table, name],
		)
		return rows[0]?.dropped ?? false
	})
}

async function exclusively<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
	const client = await pool.connect()
	try {
		await client.query("begin")
		await client.query(LOCK_TIMEOUT)
		await client.query(LOCK)
		const result = await work(client)
		await client.query("commit")
		client.release()
		return result
	} catch (error) {
		// Without its connection the server rolls back.
		client.release(true)
		throw error
	}
}
