import type pg from "pg"
import { installContract } from "../core/db/contract/install.ts"
import { isSameDatabase } from "../core/db/identity.ts"
import { migrate } from "../core/db/migrate.ts"
import { explain, ObservatoryError, problemOf } from "../core/lib/errors.ts"
import type { Logger } from "../core/lib/log.ts"

/**
 * One check of both schemas: migrates our tables where that has not been done, and upgrades the contract's views where
 * they no longer fit their tables. An unreachable database does not keep the exporters from starting, because it is
 * what they have to report; its schema is checked again by the next call.
 */
export function schemaCheck(ownUrl: string, own: pg.Pool, source: pg.Pool, log: Logger): () => Promise<void> {
	let migrated = false
	let unreachable = false
	/** The last failure of each database, so that the log has it once. */
	const failures = new Map<string, string>()
	const migrateOnce = async () => {
		try {
			await migrate(ownUrl)
			migrated = true
		} catch (error) {
			if (!(error instanceof ObservatoryError && error.code === "database_unreachable")) throw error
			if (!unreachable) log.warn(problemOf(error), "observatory database unreachable; it is migrated when it is back")
			unreachable = true
		}
	}
	const upgrade = async (where: string, install: () => Promise<boolean>) => {
		try {
			if (await install()) log.info({ where }, "the contract's views were upgraded")
			failures.delete(where)
		} catch (error) {
			// A role that only reads cannot, and need not: the database's administrator makes the views.
			const expected = error instanceof ObservatoryError && error.code === "database_forbidden"
			const message = explain(error)
			if (expected || failures.get(where) === message)
				log.debug({ where, error: message }, "the contract's views are not upgraded")
			else log.warn({ where, error: message }, "the contract's views are not upgraded; retrying")
			failures.set(where, message)
		}
	}
	return async () => {
		if (!migrated) await migrateOnce()
		if (!migrated) return
		await upgrade("the monitored database", () => installContract(source))
		// Where the two are one, the monitored system's role decides what may be done to its views.
		await upgrade("the observatory database", async () =>
			(await isSameDatabase(own, source)) ? false : installContract(own),
		)
	}
}
