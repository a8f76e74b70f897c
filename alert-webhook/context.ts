import type { Database } from "../core/db/client.ts"
import type { Clock } from "../core/lib/clock.ts"
import type { Logger } from "../core/lib/log.ts"
import type { Metrics } from "./metrics.ts"

/** What every verb of this room works with. Built once, in `main.ts` or by a test. */
export interface Context {
	readonly db: Database
	readonly clock: Clock
	readonly log: Logger
	readonly metrics: Metrics
}

/** A transaction, as drizzle hands it to the function that runs inside it. */
export type Transaction = Parameters<Parameters<Database["transaction"]>[0]>[0]
