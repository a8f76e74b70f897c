import { and, eq, inArray } from "drizzle-orm"
import { incidents } from "../../../core/db/schema/index.ts"
import type { Context } from "../../context.ts"
import { kindOf } from "../../domain/alert-kind.ts"
import { matches } from "../../domain/matchers.ts"
import { activeWindows } from "../../store/maintenance.ts"
import { ingestAlerts } from "../ingest/ingest-alerts.ts"
import type { Intake } from "../ingest/receive.ts"

const REASON = "silenced in Alertmanager for maintenance"

export interface SilencedIngest {
	readonly intake: Intake
	/** Alertmanager's receiver that delivers to us; alerts of other receivers are ignored. */
	readonly receiver: string
}

/**
 * A silence applies to every receiver, ours too: silenced alerts are read from Alertmanager and recorded all the same.
 */
export async function ingestSilencedAlerts(ctx: Context, { intake, receiver }: SilencedIngest): Promise<void> {
	const windows = await activeWindows(ctx, new Date(ctx.clock.now()))
	if (windows.length === 0) return
	const silenced = (await ctx.clients.alertmanager.active()).filter(
		({ labels, status, receivers }) =>
			status.state === "suppressed" &&
			// An inhibited alert would not be delivered without the silence either.
			status.inhibitedBy.length === 0 &&
			receivers.some(({ name }) => name === receiver) &&
			kindOf(labels) === "incident" &&
			windows.some(({ matchers }) => matches(matchers, labels)),
	)
	if (silenced.length === 0) return
	const fingerprints = silenced.map(({ fingerprint }) => fingerprint)
	const known = await ctx.db
		.select({ fingerprint: incidents.fingerprint })
		.from(incidents)
		.where(and(eq(incidents.status, "firing"), inArray(incidents.fingerprint, fingerprints)))
	const open = new Set(known.map(({ fingerprint }) => fingerprint))
	const alerts = silenced.filter(({ fingerprint }) => !open.has(fingerprint))
	await ingestAlerts(intake, { alerts, receiver, reason: REASON })
}
