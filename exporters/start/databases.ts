import type pg from "pg"
import { createPool } from "../../core/db/client.ts"
import { PeriodicTask } from "../../core/lib/periodic.ts"
import { schemaCheck } from "../schema-check.ts"
import type { ExporterContext } from "./context.ts"

/** A database may become reachable, and tables that the contract reads may appear or change. */
const SCHEMA_CHECK_MS = 15_000

interface DatabaseContext extends Pick<ExporterContext, "log" | "lifecycle"> {
	readonly settings: Pick<ExporterContext["settings"], "databaseUrl" | "sourceUrl">
}

export interface DatabasePools {
	/** To the observatory database. */
	readonly own: pg.Pool
	/** To the monitored database. */
	readonly source: pg.Pool
	/** To the monitored database, for the health check alone. */
	readonly probe: pg.Pool
}

/** Connects to both databases and keeps their schemas current, from now on at an interval. */
export async function openDatabases({ settings, log, lifecycle }: DatabaseContext): Promise<DatabasePools> {
	const { databaseUrl, sourceUrl } = settings
	const pool = (name: string, url: string, max: number) => {
		const made = createPool(url, { applicationName: `mcp-observatory ${name}`, max, statementTimeoutMs: 8_000 })
		lifecycle.onClose(`connections of ${name}`, () => made.end())
		return made
	}
	const pools = {
		// With two databases, a reader holds two of these: one for its totals, one for a snapshot of our tables.
		own: pool("totals", databaseUrl, 16),
		source: pool("exporters", sourceUrl, 12),
		probe: pool("health check", sourceUrl, 1),
	}
	const check = schemaCheck(databaseUrl, pools.own, pools.source, log)
	await check()
	const task = new PeriodicTask("schema check", SCHEMA_CHECK_MS, log, check, { later: true })
	lifecycle.onClose("schema check", () => void task.close())
	return pools
}
