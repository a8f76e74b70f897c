import { and, eq, inArray } from "drizzle-orm"
import { incidents } from "../../../core/db/schema/index.ts"
import type { Context } from "../../context.ts"
import { kindOf } from "../../domain/alert-kind.ts"
import { matches } from "../../domain/matchers.ts"
import { holdingWindows } from "../../store/maintenance.ts"
import { takeIn } from "../ingest/ingest-alerts.ts"
import type { Intake } from "../ingest/receive.ts"

const REASON = "Alertmanager has it silenced for maintenance"

export interface Hearing {
	readonly intake: Intake
	/** The receiver of Alertmanager's that delivers to us; what it does not get is none of ours. */
	readonly receiver: string
}

/** A silence holds for every receiver, ours too: what it hides is asked of Alertmanager and recorded all the same. */
export async function hearSilenced(ctx: Context, { intake, receiver }: Hearing): Promise<void> {
	const windows = await holdingWindows(ctx, new Date(ctx.clock.now()))
	if (windows.length === 0) return
	const silenced = (await ctx.outside.alertmanager.standing()).filter(
		({ labels, status, receivers }) =>
			status.state === "suppressed" &&
			// What is inhibited would not be told without the silence either.
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
	await takeIn(intake, { alerts, receiver, reason: REASON })
}
