import type pg from "pg"
import { createPool } from "../../core/db/client.ts"
import { PeriodicTask } from "../../core/lib/periodic.ts"
import { preparation } from "../prepare.ts"
import type { Run } from "./run.ts"

/** Should a database have come back, or the tables that the contract reads have appeared or changed. */
const PREPARE_INTERVAL_MS = 15_000

export interface Pools {
	/** Our database. */
	readonly own: pg.Pool
	/** The monitored one. */
	readonly source: pg.Pool
	/** To the monitored one, for the health check alone. */
	readonly probe: pg.Pool
}

/** Connections to both databases, which are set up now and looked after from now on. */
export async function openDatabases({ settings, log, life }: Run): Promise<Pools> {
	const { databaseUrl, sourceUrl } = settings
	const pool = (name: string, url: string, max: number) => {
		const made = createPool(url, { applicationName: `mcp-observatory ${name}`, max, statementTimeoutMs: 8_000 })
		life.onClose(`connections of ${name}`, () => made.end())
		return made
	}
	const pools = {
		// Readers of our own tables hold a second connection beside the one that keeps their totals.
		own: pool("totals", databaseUrl, 16),
		source: pool("exporters", sourceUrl, 12),
		probe: pool("health check", sourceUrl, 1),
	}
	const prepare = preparation(databaseUrl, pools.own, pools.source, log)
	await prepare.run()
	const task = new PeriodicTask("schema check", PREPARE_INTERVAL_MS, log, () => prepare.run())
	life.onClose("schema check", () => void task.close())
	return pools
}
