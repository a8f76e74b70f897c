import { createHash } from "node:crypto"
import { catalogType } from "./column-types.ts"
import { type Grant, type Installed, type InstalledView, NOTHING_INSTALLED } from "./installed.ts"
import { markOf } from "./mark.ts"
import type { Branch } from "./providers.ts"
import { columnsOf, FORMER_VIEWS, VIEW_NAMES, VIEWS, type ViewName } from "./views.ts"

/** What makes or upgrades the contract in one database. */
export interface ContractScript {
	/** Statements for one transaction; they keep every right, and never drop what is not ours. */
	readonly sql: string
	/** The comment that they leave on the schema. */
	readonly mark: string
	/** What is in the way of the statements, and would fail them: sentences. */
	readonly obstacles: readonly string[]
}

/**
 * The statements that turn what is installed into the contract over these branches. A view that only lacks columns gets
 * them at its end, which keeps it, its rights and the views that read it. One that has a column less or of another
 * type has to be dropped and made again, with its owner and rights.
 */
export function contractScript(
	branches: readonly Branch[],
	installed: Installed = NOTHING_INSTALLED,
	formerViews: readonly string[] = FORMER_VIEWS,
): ContractScript {
	const bodies = new Map(VIEW_NAMES.map((name) => [name, branches.filter(({ view }) => view === name)]))
	const fresh = VIEW_NAMES.map((name) => renderView(name, bodies.get(name) ?? [], Object.keys(columnsOf(name))))
	const mark = markOf(createHash("sha256").update(fresh.join("\n")).digest("hex").slice(0, 16))

	const dropped = formerViews.flatMap((name) => (installed.views.has(name) ? [`drop view contract.${name};`] : []))
	const views = VIEW_NAMES.map((name) => {
		const view = installed.views.get(name)
		const create = (order: readonly string[]) => renderView(name, bodies.get(name) ?? [], order)
		const wanted = Object.keys(columnsOf(name))
		if (view === undefined) return create(wanted)
		if (canGrow(name, view)) return create([...new Set([...view.columns.keys(), ...wanted])])
		const replace = [`drop view contract.${name};`, create(wanted)]
		return [...replace, ...renderRights(name, view, installed.defaultGrantees)].join("\n")
	})
	const statements = [
		...(installed.schemaExists ? [] : ["create schema if not exists contract;"]),
		...dropped,
		...views,
		`comment on schema contract is ${literal(mark)};`,
	]
	return { sql: `${statements.join("\n\n")}\n`, mark, obstacles: obstacles(installed, formerViews) }
}

/** The script as one transaction, for psql. */
export const asTransaction = (sql: string) => `begin;\n\n${sql}\ncommit;\n`

/** A script without a right to execute it would fail in the middle with PostgreSQL's words. */
function obstacles({ views }: Installed, formerViews: readonly string[]): string[] {
	return [...views].flatMap(([name, view]) => {
		const isCurrent = isViewName(name)
		if (!isCurrent && !formerViews.includes(name)) return []
		if (!view.isView) return [`contract.${name} is not a view`]
		if (isCurrent && canGrow(name, view)) return []
		return view.dependents.map((dependent) => `${dependent} depends on contract.${name}, which has to be made again`)
	})
}

const isViewName = (name: string): name is ViewName => VIEW_NAMES.some((known) => known === name)

/** Whether the view has no column that the contract does not have, so that PostgreSQL replaces it where it is. */
function canGrow(name: ViewName, { isView, columns }: InstalledView): boolean {
	const wanted = columnsOf(name)
	return (
		isView &&
		[...columns].every(([column, type]) => {
			const declared = wanted[column]
			return declared !== undefined && type === catalogType(declared.type)
		})
	)
}

function renderRights(
	name: ViewName,
	{ owner, ownedByUser, grants }: InstalledView,
	defaultGrantees: readonly string[],
): string[] {
	const to = (grant: Grant) => `${grant.grantee}${grant.grantable ? " with grant option" : ""};`
	const kept = grants.filter(({ column }) => column === null || column in columnsOf(name))
	return [
		...(ownedByUser ? [] : [`alter view contract.${name} owner to ${owner};`]),
		...(defaultGrantees.length > 0 ? [`revoke all on contract.${name} from ${defaultGrantees.join(", ")};`] : []),
		...kept.map((grant) => {
			const of = grant.column === null ? "" : ` ("${grant.column}")`
			return `grant ${grant.privilege.toLowerCase()}${of} on contract.${name} to ${to(grant)}`
		}),
	]
}

/** A view without a branch exists and is empty. */
function renderView(name: ViewName, branches: readonly Branch[], order: readonly string[]): string {
	const selects = branches.map((branch) => renderBranch(name, branch, order))
	const body = selects.length > 0 ? selects.join("\nunion all\n") : renderEmpty(name, order)
	return `create or replace view contract.${name} as\n${body};\ncomment on view contract.${name} is ${literal(VIEWS[name].help)};`
}

function renderBranch(name: ViewName, { provider, seq, columns, from }: Branch, order: readonly string[]): string {
	const sql: Readonly<Record<string, string>> = {
		...columns,
		provider: literal(provider),
		seq: seq.expr,
		native_seq: seq.integer ? seq.expr : "null",
	}
	const items = order.map((column) => `\t${cast(sql[column] ?? "null", typeOf(name, column))} as "${column}"`)
	return `select\n${items.join(",\n")}\nfrom ${from}`
}

const renderEmpty = (name: ViewName, order: readonly string[]) =>
	`select\n${order.map((column) => `\tnull::${typeOf(name, column)} as "${column}"`).join(",\n")}\nwhere false`

function typeOf(name: ViewName, column: string): string {
	const declared = columnsOf(name)[column]
	if (declared === undefined) throw new TypeError(`contract.${name} has no column ${column}`)
	return declared.type
}

const cast = (expr: string, type: string) => (/^[\w."]+$/.test(expr) ? `${expr}::${type}` : `(${expr})::${type}`)
const literal = (text: string) => `'${text.replaceAll("'", "''")}'`
