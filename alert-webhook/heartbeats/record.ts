import { heartbeats } from "../../core/db/schema/index.ts"
import type { Transaction } from "../context.ts"
import type { ReceivedAlert } from "../intake/notification.ts"

/** Notes that heartbeats arrived. One that is reported as over is not one. */
export async function recordHeartbeats(
	tx: Transaction,
	{ alerts, now }: { alerts: readonly ReceivedAlert[]; now: Date },
): Promise<void> {
	const names = new Set(alerts.filter(({ status }) => status === "firing").map(({ alertname }) => alertname))
	for (const alertname of [...names].sort())
		await tx
			.insert(heartbeats)
			.values({ alertname, receivedAt: now })
			.onConflictDoUpdate({ target: heartbeats.alertname, set: { receivedAt: now } })
}
