import { sql } from "drizzle-orm"
import { closeEvaluations } from "../store/evaluations.ts"
import { closeSessions } from "../store/sessions.ts"
import type { Store } from "../store/store.ts"
import type { World } from "../world.ts"

const EVERY_MS = 60_000

/** Ends what a demo that was killed has left open, and forgets writes that nobody can try again. */
export async function housekeepingLoop({ store, pace, clock, owned }: World): Promise<void> {
	for (;;) {
		await pace.wait(EVERY_MS)
		await store.once(`housekeeping:${clock.now()}`, async (tx) => {
			await closeSessions(tx, [...owned], "failed")
			await tx.execute(sql`delete from demo.writes where at < now() - interval '1 day' and key not like 'history:%'`)
			return null
		})
	}
}

/** Ends all open work: as failed what a killed demo left behind, as completed what a clean stop cuts short. */
export async function closeOpenWork(store: Store, key: string, outcome: "completed" | "failed"): Promise<void> {
	await store.once(key, async (tx) => {
		await closeSessions(tx, [], outcome)
		await closeEvaluations(tx, outcome === "completed")
		return null
	})
}
