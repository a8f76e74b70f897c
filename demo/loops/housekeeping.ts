import { sql } from "drizzle-orm"
import type { DemoContext } from "../context.ts"
import { closeEvaluations } from "../store/evaluations.ts"
import { closeSessions } from "../store/sessions.ts"
import type { Store } from "../store/store.ts"

const EVERY_MS = 60_000

/** Closes rows that a killed demo left open, and deletes journal entries that no retry needs. */
export async function housekeepingLoop({ store, pace, clock, owned }: DemoContext): Promise<void> {
	for (;;) {
		await pace.wait(EVERY_MS)
		await store.once(`housekeeping:${clock.now()}`, async (tx) => {
			await closeSessions(tx, [...owned], "failed")
			await tx.execute(sql`delete from demo.writes where at < now() - interval '1 day' and key not like 'history:%'`)
			return null
		})
	}
}

/** Closes all open work: as failed after a kill, as completed at a clean stop. */
export async function closeOpenWork(store: Store, key: string, outcome: "completed" | "failed"): Promise<void> {
	await store.once(key, async (tx) => {
		await closeSessions(tx, [], outcome)
		await closeEvaluations(tx, outcome === "completed")
		return null
	})
}
