import { desc } from "drizzle-orm"
import { heartbeats } from "../../core/db/schema/index.ts"
import type { Context, Transaction } from "../context.ts"
import type { ReceivedAlert } from "../domain/notification.ts"
import { beginningOf } from "../domain/text.ts"

/** The longest name, which is also a label: PostgreSQL's indexes have no room for much longer ones. */
const LONGEST_NAME = 120

/** Records heartbeats. A resolved one does not count. */
export async function recordHeartbeats(
	tx: Transaction,
	{ alerts, now }: { alerts: readonly ReceivedAlert[]; now: Date },
): Promise<void> {
	const firing = alerts.filter(({ status }) => status === "firing")
	const names = new Set(firing.map(({ alertname }) => beginningOf(alertname, LONGEST_NAME)))
	for (const alertname of [...names].sort())
		await tx
			.insert(heartbeats)
			.values({ alertname, receivedAt: now })
			.onConflictDoUpdate({ target: heartbeats.alertname, set: { receivedAt: now } })
}

/** Heartbeats, the latest first. */
export const listHeartbeats = ({ db }: Pick<Context, "db">) =>
	db.select().from(heartbeats).orderBy(desc(heartbeats.receivedAt)).limit(10)
