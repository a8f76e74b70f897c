import { type SQL, sql } from "drizzle-orm"
import type { EvalsTable } from "../evals/tables.ts"
import type { Tx } from "./store.ts"

export type Cell = string | number | boolean | null | Date | { readonly json: unknown }
export type Row = Readonly<Record<string, Cell>>

/** A time for a column without zone: in UTC. */
export const utc = (at: Date): string => at.toISOString().slice(0, 23).replace("T", " ")

function cell(value: Cell): SQL {
	if (value instanceof Date) return sql`${utc(value)}::timestamp`
	if (typeof value === "object" && value !== null) return sql`${JSON.stringify(value.json)}::jsonb`
	return sql`${value}`
}

/** Inserts rows of the same columns into a table of the evaluation system; returns their ids in order. */
export async function insertEvals(tx: Tx, table: EvalsTable, rows: readonly Row[]): Promise<number[]> {
	const [first] = rows
	if (first === undefined) return []
	const columns = Object.keys(first)
	const values = rows.map(
		(row) =>
			sql`(${sql.join(
				columns.map((column) => cell(row[column] ?? null)),
				sql`, `,
			)})`,
	)
	const names = sql.join(
		columns.map((column) => sql.identifier(column)),
		sql`, `,
	)
	const { rows: inserted } = await tx.execute<{ id: number }>(
		sql`insert into public.${sql.identifier(table)} (${names}) values ${sql.join(values, sql`, `)} returning id`,
	)
	return inserted.map(({ id }) => id)
}
