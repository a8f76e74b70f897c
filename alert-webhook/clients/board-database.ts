import type pg from "pg"
import { onSnapshot } from "../../core/db/session.ts"

/** The most rows of a panel. */
const MOST_ROWS = 500

export interface Rows {
	readonly columns: readonly string[]
	readonly rows: readonly (readonly unknown[])[]
}

/** The database that boards read with SQL, through a role that may only read it. */
export interface BoardDatabase {
	/** The first rows of a statement, in a read-only transaction. @throws ObservatoryError */
	rows(sql: string, signal: AbortSignal): Promise<Rows>
}

export const createBoardDatabase = (pool: pg.Pool): BoardDatabase => ({
	rows: (sql, signal) =>
		onSnapshot(pool, { what: "Reading the panel's rows", signal }, async (client) => {
			// The extended protocol takes one statement only.
			const query = { text: sql, rowMode: "array" as const, queryMode: "extended" }
			const { fields, rows } = await client.query<unknown[]>(query)
			const numeric = fields.map(({ dataTypeID }) => NUMERIC.has(dataTypeID))
			return {
				columns: fields.map(({ name }) => name),
				rows: rows
					.slice(0, MOST_ROWS)
					.map((row) => row.map((value, i) => (numeric[i] && typeof value === "string" ? Number(value) : value))),
			}
		}),
})

/** int8 and numeric, which the driver returns as text. */
const NUMERIC: ReadonlySet<number> = new Set([20, 1700])
