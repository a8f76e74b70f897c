import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres"
import type pg from "pg"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import { addTotals, readTotals, type Tally, type Total } from "../../../core/metrics/durable.ts"
import type { Position } from "../../kit/position.ts"
import type { RowState } from "../../kit/stream.ts"

export type Positions = Readonly<Record<string, Position>>

/** A change to a tracked row: its new state, or undefined to stop tracking it. */
export interface Tracking {
	readonly provider: string
	readonly seq: number
	readonly state: RowState | undefined
}

/** Totals that another exporter has not advanced for longer than this are out of date. */
const STALE_MS = 120_000

/** The position, totals and tracked rows of one reader in the observatory database, inside one transaction. */
export class Ledger {
	readonly #client: pg.ClientBase
	readonly #db: NodePgDatabase
	readonly #reader: string

	constructor(client: pg.ClientBase, reader: string) {
		this.#client = client
		this.#db = drizzle(client as pg.PoolClient)
		this.#reader = reader
	}

	/**
	 * Locks the reader and returns its positions. `locked` is false while another exporter advances it: then the totals
	 * that it committed last are current enough.
	 *
	 * @throws ObservatoryError `unavailable` when the other exporter has not committed for two minutes
	 */
	async lock(): Promise<{ readonly positions: Positions; readonly locked: boolean }> {
		// Should this process vanish, PostgreSQL releases the lock.
		await this.#client.query("set local idle_in_transaction_session_timeout = '30s'")
		await this.#client.query(
			"insert into observatory.readers (name, position) values ($1, '{}') on conflict do nothing",
			[this.#reader],
		)
		const own = await this.#client.query<{ position: Positions }>(
			"select position from observatory.readers where name = $1 for update skip locked",
			[this.#reader],
		)
		if (own.rows[0]) return { positions: own.rows[0].position, locked: true }
		const { rows } = await this.#client.query<{ position: Positions; stale: boolean }>(
			`select position, advanced_at < clock_timestamp() - make_interval(secs => $2) as stale
			from observatory.readers where name = $1`,
			[this.#reader, STALE_MS / 1000],
		)
		if (rows[0] === undefined || rows[0].stale)
			throw new ObservatoryError(
				"unavailable",
				`reader ${this.#reader} is locked by an exporter that makes no progress`,
				{
					advice: "Look for another exporter on the same DATABASE_URL and restart it.",
				},
			)
		return { positions: rows[0].position, locked: false }
	}

	/** The positions as they were stored last; undefined when nothing was ever read. */
	async positions(): Promise<Positions | undefined> {
		const { rows } = await this.#client.query<{ position: Positions }>(
			"select position from observatory.readers where name = $1",
			[this.#reader],
		)
		return rows[0]?.position
	}

	totals(): Promise<Total[]> {
		return readTotals(this.#db, this.#reader)
	}

	/** Rows that may still change: at most `limit` with numbers above `after`, ascending. */
	async tracked(provider: string, after: number, limit: number): Promise<{ seq: number; state: RowState }[]> {
		const { rows } = await this.#client.query<{ seq: string; state: RowState }>(
			`select seq, state from observatory.tracked_rows
			where reader = $1 and provider = $2 and seq > $3::bigint order by seq limit $4`,
			[this.#reader, provider, after, limit],
		)
		return rows.map(({ seq, state }) => ({ seq: Number(seq), state }))
	}

	/** Tracked rows by their `status`. */
	async statuses(): Promise<ReadonlyMap<string, number>> {
		const { rows } = await this.#client.query<{ status: string; count: string }>(
			`select state->>'status' as status, count(*) as count from observatory.tracked_rows
			where reader = $1 and state ? 'status' group by 1`,
			[this.#reader],
		)
		return new Map(rows.map(({ status, count }) => [status, Number(count)]))
	}

	/** Deletes what was counted in a series under one value of a label. */
	async forget(series: string, label: string, value: string): Promise<void> {
		await this.#client.query(
			`delete from observatory.totals where reader = $1 and series = any($2) and labels::jsonb ->> $3 = $4`,
			[this.#reader, [series, `${series}_bucket`, `${series}_sum`], label, value],
		)
	}

	/** Stops tracking a provider's rows with numbers above `after`. */
	async untrack(provider: string, after: number): Promise<void> {
		await this.#client.query(
			"delete from observatory.tracked_rows where reader = $1 and provider = $2 and seq > $3::bigint",
			[this.#reader, provider, after],
		)
	}

	/** Stores what was read. */
	async write(tally: Tally, tracking: readonly Tracking[], positions: Positions): Promise<void> {
		await this.#countOnce(tally)
		await this.#track(tracking)
		await addTotals(this.#db, this.#reader, tally.totals)
		await this.#client.query(
			"update observatory.readers set position = $2, advanced_at = clock_timestamp() where name = $1",
			[this.#reader, JSON.stringify(positions)],
		)
	}

	async #countOnce(tally: Tally): Promise<void> {
		if (tally.once.size === 0) return
		const { rows } = await this.#client.query<{ key: string }>(
			`with given as (select unnest($2::text[]) as key), seen as (
				update observatory.counted_once o set seen_at = clock_timestamp() from given
				where o.reader = $1 and o.key = given.key returning o.key)
			insert into observatory.counted_once (reader, key)
			select $1, key from given where key not in (select key from seen) returning key`,
			[this.#reader, [...tally.once.keys()]],
		)
		for (const { key } of rows) {
			const series = tally.once.get(key)
			if (series) tally.count(series, {})
		}
		await this.#client.query(
			"delete from observatory.counted_once where reader = $1 and seen_at < clock_timestamp() - interval '90 days'",
			[this.#reader],
		)
	}

	async #track(tracking: readonly Tracking[]): Promise<void> {
		const kept = tracking.filter(({ state }) => state !== undefined)
		const done = tracking.filter(({ state }) => state === undefined)
		if (kept.length > 0)
			await this.#client.query(
				`insert into observatory.tracked_rows (reader, provider, seq, state)
				select $1, * from unnest($2::text[], $3::bigint[], $4::jsonb[])
				on conflict (reader, provider, seq) do update set state = excluded.state`,
				[this.#reader, kept.map((t) => t.provider), kept.map((t) => t.seq), kept.map((t) => JSON.stringify(t.state))],
			)
		if (done.length > 0)
			await this.#client.query(
				`delete from observatory.tracked_rows where reader = $1
				and (provider, seq) in (select * from unnest($2::text[], $3::bigint[]))`,
				[this.#reader, done.map((t) => t.provider), done.map((t) => t.seq)],
			)
	}
}
