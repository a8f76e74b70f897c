import { createHash } from "node:crypto"
import { BRANCHES, type Branch } from "./providers.ts"
import { columnsOf, VIEW_NAMES, VIEWS, type ViewName } from "./views.ts"

/** Columns by table, `schema.table`, as a database has them. */
export type Tables = ReadonlyMap<string, ReadonlySet<string>>

/** The branches whose tables a database has. */
export const usableBranches = (tables: Tables): readonly Branch[] =>
	BRANCHES.filter(({ needs }) => missingFor(needs, tables).length === 0)

/** What a branch lacks, as `schema.table` or `schema.table.column`. */
export function missingFor(needs: Branch["needs"], tables: Tables): string[] {
	return Object.entries(needs).flatMap(([table, columns]) => {
		const present = tables.get(table)
		if (present === undefined) return [table]
		return columns.filter((column) => !present.has(column)).map((column) => `${table}.${column}`)
	})
}

/** Every table that some branch may read. */
export const KNOWN_TABLES = [...new Set(BRANCHES.flatMap(({ needs }) => Object.keys(needs)))]

/** How the comment begins that marks a schema as ours. */
export const MARK = "mcp-observatory contract "

/** The script that makes or renews the contract, and the mark that it leaves on the schema. */
export function contractScript(branches: readonly Branch[]): { readonly sql: string; readonly mark: string } {
	const views = renderContract(branches)
	const mark = MARK + createHash("sha256").update(views).digest("hex").slice(0, 16)
	return { sql: `${views}\n\ncomment on schema contract is ${literal(mark)};\n`, mark }
}

/** The statements that make the contract out of these branches. A view without one exists and is empty. */
function renderContract(branches: readonly Branch[]): string {
	const views = VIEW_NAMES.map((name) =>
		renderView(
			name,
			branches.filter((branch) => branch.view === name),
		),
	)
	return ["create schema if not exists contract;", ...views].join("\n\n")
}

function renderView(name: ViewName, branches: readonly Branch[]): string {
	const selects = branches.map((branch) => renderBranch(name, branch))
	const body = selects.length > 0 ? selects.join("\nunion all\n") : renderEmpty(name)
	return `create or replace view contract.${name} as\n${body};\ncomment on view contract.${name} is ${literal(VIEWS[name].help)};`
}

function renderBranch(name: ViewName, { provider, seq, columns, from }: Branch): string {
	const sql: Readonly<Record<string, string>> = {
		...columns,
		provider: literal(provider),
		seq: seq.expr,
		native_seq: seq.integer ? seq.expr : "null",
	}
	const items = Object.entries(columnsOf(name)).map(
		([column, { type }]) => `\t${cast(sql[column] ?? "null", type)} as "${column}"`,
	)
	return `select\n${items.join(",\n")}\nfrom ${from}`
}

function renderEmpty(name: ViewName): string {
	const items = Object.entries(columnsOf(name)).map(([column, { type }]) => `\tnull::${type} as "${column}"`)
	return `select\n${items.join(",\n")}\nwhere false`
}

const cast = (expr: string, type: string) => (/^[\w."]+$/.test(expr) ? `${expr}::${type}` : `(${expr})::${type}`)
const literal = (text: string) => `'${text.replaceAll("'", "''")}'`
