import { sql } from "drizzle-orm"
import { claudeSessions } from "../../core/db/schema/index.ts"
import type { Clock } from "../../core/lib/clock.ts"
import { SOURCE } from "../store/sessions.ts"
import type { Store } from "../store/store.ts"
import { planDay } from "./day.ts"
import { writeDay } from "./write-day.ts"

const HISTORY_DAYS = 7
const DAY = 86_400_000

/**
 * Writes a week of history into an empty database, one transaction a day. The journal records the last day and the days
 * that are written, so that the next start continues an interrupted one.
 */
export async function writeHistory(store: Store, clock: Clock): Promise<void> {
	const today = Math.floor(clock.now() / DAY) * DAY
	const until = await store.once("history:until", async (tx) => {
		const others = await tx.execute(sql`
			select 1 from ${claudeSessions} union all select 1 from public.runs limit 1`)
		return others.rows.length === 0 ? today : null
	})
	if (until === null) return
	for (let back = HISTORY_DAYS; back >= 1; back--) {
		const start = until - back * DAY
		await store.once(`history:${new Date(start).toISOString().slice(0, 10)}`, async (tx) => {
			await writeDay(tx, planDay(start), SOURCE)
			return null
		})
	}
}
