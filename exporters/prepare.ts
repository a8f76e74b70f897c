import type pg from "pg"
import { installContract } from "../core/db/contract/install.ts"
import { isSameDatabase } from "../core/db/identity.ts"
import { migrate } from "../core/db/migrate.ts"
import { explain, messageOf, ObservatoryError } from "../core/lib/errors.ts"
import type { Logger } from "../core/lib/log.ts"

export interface Preparation {
	/** One more look: migrates what is not migrated yet, renews views that no longer fit their tables. */
	run(): Promise<void>
}

/**
 * Keeps our tables and the contract's views as they should be. A database that is away is no reason not to start, for
 * that is what the exporters have to tell: it is prepared as soon as it can be reached.
 */
export function preparation(ownUrl: string, own: pg.Pool, source: pg.Pool, log: Logger): Preparation {
	let migrated = false
	let away = false
	/** The last failure of each database, so that the log has it once. */
	const failures = new Map<string, string>()
	const migrateOnce = async () => {
		try {
			await migrate(ownUrl)
			migrated = true
		} catch (error) {
			if (!(error instanceof ObservatoryError && error.code === "database_unreachable")) throw error
			if (!away) log.warn({ error: messageOf(error) }, "our database is away; it is set up when it is back")
			away = true
		}
	}
	const renew = async (where: string, how: () => Promise<boolean>) => {
		try {
			if (await how()) log.info({ where }, "the contract's views were upgraded")
			failures.delete(where)
		} catch (error) {
			// A read-only role cannot, and need not: the views are the database administrator's then.
			const expected = error instanceof ObservatoryError && error.code === "database_forbidden"
			const message = explain(error)
			if (expected || failures.get(where) === message)
				log.debug({ where, error: message }, "the contract's views are not upgraded")
			else log.warn({ where, error: message }, "the contract's views are not upgraded; trying again")
			failures.set(where, message)
		}
	}
	return {
		async run() {
			if (!migrated) await migrateOnce()
			if (!migrated) return
			await renew("the monitored database", () => installContract(source))
			// Where the two are one, what the monitored system's role may not do is not to be done by another one.
			await renew("our database", async () => !(await isSameDatabase(own, source)) && (await installContract(own)))
		},
	}
}
