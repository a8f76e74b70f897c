import type pg from "pg"
import type { ViewName } from "../../../core/db/contract/views.ts"
import type { Moment } from "../../kit/position.ts"
import type { Row } from "../../kit/stream.ts"

/** One provider within a view. */
export interface Provider {
	readonly name: string
	/** What positions call it, and what its rows carry as their provider. */
	readonly key: string
	/** Whether its numbers can be asked for as 4-byte integers, and so by the primary key of the table beneath. */
	readonly native: boolean
}

const INT4_MAX = 2_147_483_647

/**
 * Reads one view of the contract on one snapshot. Every question names the provider as a constant, so that
 * PostgreSQL looks only at that provider's table, and the number, so that it uses that table's primary key.
 */
export class ContractReader {
	readonly #client: pg.ClientBase
	readonly #view: string
	readonly #select: string

	constructor(client: pg.ClientBase, view: ViewName, select: string) {
		this.#client = client
		this.#view = `contract.${view}`
		this.#select = select
	}

	async moment(): Promise<Moment> {
		const { rows } = await this.#client.query<Moment>(
			`select (extract(epoch from clock_timestamp()) * 1000)::float8 as now,
				pg_snapshot_xmin(pg_current_snapshot())::text as xmin, pg_snapshot_xmax(pg_current_snapshot())::text as xmax`,
		)
		const [moment] = rows
		if (moment === undefined) throw new TypeError("PostgreSQL answered a select without a row")
		return moment
	}

	/** The providers that have rows. `known` ones are named without being looked for. */
	async providers(known: readonly string[]): Promise<string[]> {
		const found = [...known]
		for (;;) {
			// Excluded providers are constants in the view's branches: PostgreSQL drops those before it reads anything.
			const exclude = found.map((_, i) => ` and provider <> $${i + 1}`).join("")
			const { rows } = await this.#client.query<{ provider: string }>(
				`select provider from ${this.#view} where true${exclude} limit 1`,
				found,
			)
			if (rows[0] === undefined) return found
			found.push(rows[0].provider)
		}
	}

	/** Rejects when the view has not the columns that its rows are read with, which an empty view does not show otherwise. */
	async checkColumns(): Promise<void> {
		await this.#client.query(`select v.seq, v.native_seq, ${this.#select} from ${this.#view} v where false`)
	}

	async provider(name: string, key = name): Promise<Provider> {
		const { rows } = await this.#client.query<{ native: boolean }>(
			`select native_seq is not null as native from ${this.#view} where provider = $1 limit 1`,
			[name],
		)
		return { name, key, native: rows[0]?.native ?? false }
	}

	/** At most `limit` rows numbered above `after` and up to `upTo`, ascending. */
	after<R extends Row>(provider: Provider, after: number, upTo: number, limit: number): Promise<R[]> {
		if (provider.native && after >= INT4_MAX) return Promise.resolve([])
		const last = provider.native ? Math.min(upTo, INT4_MAX) : upTo
		const [column, type] = numbering(provider)
		const range = `v.provider = $1 and ${column} > $2::${type}`
		// The end of the batch first: what the rows cost to make is then spent on this batch alone.
		const end = `select max(n) from (
			select ${column} as n from ${this.#view} v where ${range} and ${column} <= $3::${type} order by ${column} limit $4) batch`
		return this.#rows(`${range} and ${column} <= (${end}) order by ${column}`, provider, [after, last, limit])
	}

	/** The rows with these numbers that exist, ascending. */
	async numbered<R extends Row>(provider: Provider, seqs: readonly number[]): Promise<R[]> {
		const usable = provider.native ? seqs.filter((seq) => seq <= INT4_MAX) : seqs
		if (usable.length === 0) return []
		const [column, type] = numbering(provider)
		return this.#rows(`v.provider = $1 and ${column} = any($2::${type}[]) order by ${column}`, provider, [usable])
	}

	async #rows<R extends Row>(where: string, { name, key }: Provider, values: unknown[]): Promise<R[]> {
		const { rows } = await this.#client.query<R>(
			`select v.provider, v.seq::float8 as seq, ${this.#select} from ${this.#view} v where ${where}`,
			[name, ...values],
		)
		return key === name ? rows : rows.map((row) => ({ ...row, provider: key }))
	}
}

const numbering = ({ native }: Provider) =>
	native ? (["v.native_seq", "int"] as const) : (["v.seq", "bigint"] as const)
