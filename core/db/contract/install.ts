import type pg from "pg"
import { ObservatoryError } from "../../lib/errors.ts"
import { databaseError } from "../client.ts"
import { readInstalled, readTables } from "./installed.ts"
import { type ContractState, stateOf } from "./mark.ts"
import { type ContractScript, contractScript } from "./render.ts"
import { usableBranches } from "./tables.ts"

/** Views are locked while they change. Readers queue behind a waiting lock, so the wait is short and another try follows. */
const LOCK_TIMEOUT = "3s"

/** The script that fits a database as it is, and how what is there compares with it. */
export async function planContract(client: pg.ClientBase): Promise<ContractScript & { readonly state: ContractState }> {
	const installed = await readInstalled(client)
	const script = contractScript(usableBranches(await readTables(client)), installed)
	return { ...script, state: stateOf(installed.mark, script.mark) }
}

/**
 * Makes or upgrades the views of schema `contract` from the tables that are there now; does nothing when they are as
 * they should be, when they are not ours, or when a later release made them. May be called again at any time,
 * by several processes at once, beside running readers. Needs the right to create a schema, or to own `contract`.
 *
 * @returns true when something was changed
 * @throws ObservatoryError `database_unreachable`, `database_forbidden`, `unavailable` while readers hold the views,
 * or `conflict` when an object that is not ours is in the way
 */
export async function installContract(pool: pg.Pool): Promise<boolean> {
	let client: pg.PoolClient | undefined
	try {
		client = await pool.connect()
		await client.query("begin")
		await client.query("select pg_advisory_xact_lock(hashtextextended('mcp-observatory contract', 0))")
		const plan = await planContract(client)
		const due = plan.state === "absent" || plan.state === "stale"
		if (due) {
			requireClearWay(plan)
			await client.query(`set local lock_timeout = '${LOCK_TIMEOUT}'`)
			await client.query(plan.sql)
		}
		await client.query("commit")
		client.release()
		return due
	} catch (error) {
		client?.release(true)
		throw databaseError(error, "Installing the contract's views")
	}
}

/** @throws ObservatoryError `conflict` that names what is in the way */
export function requireClearWay({ obstacles }: Pick<ContractScript, "obstacles">): void {
	if (obstacles.length === 0) return
	throw new ObservatoryError("conflict", `The contract's views cannot be upgraded: ${obstacles.join("; ")}`, {
		advice: OBSTACLE_ADVICE,
	})
}

export const OBSTACLE_ADVICE =
	"Save its definition (pg_dump, or pg_get_viewdef for a view), drop it, wait a minute until the exporters have upgraded the views, then create it again."
