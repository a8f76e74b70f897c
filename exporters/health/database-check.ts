import type pg from "pg"
import { onSnapshot } from "../../core/db/session.ts"
import { problemOf } from "../../core/lib/errors.ts"
import type { Logger } from "../../core/lib/log.ts"
import { withTimeout } from "../../core/lib/timeout.ts"
import type { ComponentCheck } from "./components.ts"

/** An answer within this time is healthy, a later one degraded. */
export const HEALTHY_BELOW_MS = 100
/** No answer within this time is unhealthy. */
export const UNHEALTHY_AFTER_MS = 3_000

/**
 * Healthy when PostgreSQL answers SELECT 1 in less than 100 ms on an open connection, degraded when it takes longer,
 * unhealthy when it cannot be reached. The check needs its own pool, so that it never waits for a connection.
 */
export function databaseCheck(pool: pg.Pool, log: Logger): ComponentCheck {
	let unreachable = false
	return {
		component: "database",
		async check(signal) {
			const deadline = { ms: UNHEALTHY_AFTER_MS, message: `no answer within ${UNHEALTHY_AFTER_MS} ms`, signal }
			try {
				const ms = await withTimeout(deadline, (until) => selectOne(pool, until))
				unreachable = false
				return ms < HEALTHY_BELOW_MS ? "healthy" : "degraded"
			} catch (error) {
				if (!unreachable) log.warn(problemOf(error), "the monitored database is unhealthy")
				unreachable = true
				return "unhealthy"
			}
		},
	}
}

const selectOne = (pool: pg.Pool, signal: AbortSignal): Promise<number> =>
	onSnapshot(pool, { what: "Checking the database", signal }, async (client) => {
		const startedAt = performance.now()
		await client.query("select 1")
		return performance.now() - startedAt
	})
