import type pg from "pg"
import { fitOf } from "../../../core/db/contract/column-types.ts"
import { BORN, type Column, columnsOf, ROW, type ViewName } from "../../../core/db/contract/views.ts"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import type { Moment } from "../../kit/position.ts"
import type { Newest } from "../../kit/restart.ts"
import type { Row } from "../../kit/stream.ts"
import type { Snapshot } from "./snapshots.ts"

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
	readonly #born: string

	private constructor(client: pg.ClientBase, view: ViewName, select: string, born: string) {
		this.#client = client
		this.#view = `contract.${view}`
		this.#select = select
		this.#born = born
	}

	/**
	 * A reader of these columns. Optional ones that the view does not have are null.
	 *
	 * @throws ObservatoryError `database_wrong_schema` that names the view, or the columns that are missing or unusable
	 */
	static async open(
		{ client, where }: Pick<Snapshot, "client" | "where">,
		view: ViewName,
		columns: readonly string[],
	): Promise<ContractReader> {
		const { rows } = await client.query<{ name: string; type: string }>(COLUMNS_QUERY, [`contract.${view}`])
		const present = new Map(rows.map(({ name, type }) => [name, type]))
		if (present.size === 0) throw wrongSchema(where, `there is no view contract.${view}`)
		const declared = columnsOf(view)
		const problems: string[] = []
		const select = ["native_seq", "provider", "seq", ...columns].map((column) => {
			const { type, optional }: Column = declared[column] ?? ROW.provider
			const actual = present.get(column)
			if (actual !== undefined && fitOf(actual, type) === "unusable")
				problems.push(`contract.${view}.${column} is ${actual} instead of ${type}`)
			if (actual === undefined && !optional) problems.push(`contract.${view} has no column ${column}`)
			return `${actual === undefined ? "null" : read(`v."${column}"`, type)} as "${column}"`
		})
		if (problems.length > 0) throw wrongSchema(where, problems.join("; "))
		const born = present.get(BORN[view])
		const usable = born !== undefined && fitOf(born, "timestamptz") !== "unusable"
		return new ContractReader(
			client,
			view,
			select.slice(1).join(", "),
			usable ? `v."${BORN[view]}"` : "null::timestamptz",
		)
	}

	async moment(): Promise<Moment & { readonly storage: string }> {
		const { rows } = await this.#client.query<Moment & { storage: string }>(
			`select (extract(epoch from clock_timestamp()) * 1000)::float8 as now,
				pg_snapshot_xmin(pg_current_snapshot())::text as xmin, pg_snapshot_xmax(pg_current_snapshot())::text as xmax,
				(${STORAGE_QUERY}) as storage`,
			[this.#view],
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

	async provider(name: string, key = name): Promise<Provider> {
		const { rows } = await this.#client.query<{ native: boolean }>(
			`select native_seq is not null as native from ${this.#view} where provider = $1 limit 1`,
			[name],
		)
		return { name, key, native: rows[0]?.native ?? false }
	}

	/** The row with the highest number up to `upTo`; of those that came into being by `by` (ms), when given. */
	async newest(provider: Provider, upTo: number, by?: number): Promise<Newest | undefined> {
		const last = provider.native ? Math.min(upTo, INT4_MAX) : upTo
		const [column, type] = numbering(provider)
		const { rows } = await this.#client.query<Newest>(
			`select v.seq::float8 as seq, (extract(epoch from ${this.#born}) * 1000)::float8 as born from ${this.#view} v
			where v.provider = $1 and ${column} <= $2::${type}
				${by === undefined ? "" : `and extract(epoch from ${this.#born}) * 1000 <= $3::float8`}
			order by ${column} desc limit 1`,
			[provider.name, last, ...(by === undefined ? [] : [by])],
		)
		return rows[0]
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
		const { rows } = await this.#client.query<R>(`select ${this.#select} from ${this.#view} v where ${where}`, [
			name,
			...values,
		])
		return key === name ? rows : rows.map((row) => ({ ...row, provider: key }))
	}
}

const numbering = ({ native }: Provider) =>
	native ? (["v.native_seq", "int"] as const) : (["v.seq", "bigint"] as const)

/** The tables beneath a view. A table that is truncated or made again has other files. */
const STORAGE_QUERY = `with recursive beneath (oid) as (
	select to_regclass($1)::oid
	union select d.refobjid from beneath b join pg_rewrite r on r.ev_class = b.oid
		join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
			and d.refclassid = 'pg_class'::regclass and d.refobjid <> b.oid)
	select coalesce(string_agg(c.oid || ':' || c.relfilenode, ' ' order by c.oid), '')
	from beneath join pg_class c on c.oid = beneath.oid where c.relkind in ('r', 'p', 'm')`

const COLUMNS_QUERY = `select attname::text as name, format_type(atttypid, atttypmod) as type from pg_attribute
	where attrelid = to_regclass($1) and attnum > 0 and not attisdropped`

/** A value as \`RowOf\` has it. The driver gives numbers of PostgreSQL that are not doubles, and views may have, as text. */
function read(column: string, type: Column["type"]): string {
	if (type === "text") return `${column}::text`
	if (type === "boolean") return column
	return type === "timestamptz" ? `extract(epoch from ${column})::float8` : `${column}::float8`
}

const wrongSchema = (where: string, problem: string) =>
	new ObservatoryError("database_wrong_schema", `The contract cannot be read in ${where}: ${problem}`, {
		advice: "Run `npm run doctor`: it names what is missing and how to get it.",
	})
