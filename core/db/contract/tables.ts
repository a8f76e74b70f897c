import { BRANCHES, type Branch } from "./providers.ts"

/** Columns by table, `schema.table`, as a database has them. */
export type Tables = ReadonlyMap<string, ReadonlySet<string>>

/** Every table that some branch may read. */
export const KNOWN_TABLES = [...new Set(BRANCHES.flatMap(({ needs }) => Object.keys(needs)))]

/** The branches whose tables a database has, without the optional columns that it does not have. */
export const usableBranches = (tables: Tables): readonly Branch[] =>
	BRANCHES.filter(({ needs }) => missingFor(needs, tables).length === 0).map((branch) => {
		const present = tables.get(Object.keys(branch.needs)[0] ?? "")
		const absent = (branch.optional ?? []).filter((column) => !present?.has(column))
		const columns = Object.entries(branch.columns).filter(([column]) => !absent.includes(column))
		return { ...branch, columns: Object.fromEntries(columns) }
	})

/** What a branch lacks, as `schema.table` or `schema.table.column`. */
export function missingFor(needs: Branch["needs"], tables: Tables): string[] {
	return Object.entries(needs).flatMap(([table, columns]) => {
		const present = tables.get(table)
		if (present === undefined) return [table]
		return columns.filter((column) => !present.has(column)).map((column) => `${table}.${column}`)
	})
}
