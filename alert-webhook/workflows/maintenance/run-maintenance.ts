import { messageOf } from "../../../core/lib/errors.ts"
import type { Context } from "../../context.ts"
import { ingestSilencedAlerts, type SilencedIngest } from "./ingest-silenced.ts"
import { syncSilences } from "./silence.ts"
import { stepWindows } from "./step.ts"

/**
 * One round for maintenance windows: our tables first, then Alertmanager's silences, then the alerts that are silenced
 * there.
 */
export async function runMaintenance(ctx: Context, silencedIngest: SilencedIngest): Promise<void> {
	await stepWindows(ctx)
	await syncSilences(ctx)
	await ingestSilencedAlerts(ctx, silencedIngest)
}

/** A person has changed a window: it is applied here at once, and to Alertmanager when it answers. */
export async function afterChange(ctx: Context): Promise<void> {
	ctx.reached("maintenance.changed")
	await stepWindows(ctx)
	await syncSilences(ctx).catch((error: unknown) =>
		ctx.log.warn({ error: messageOf(error) }, "the silence of a maintenance window has to wait for Alertmanager"),
	)
}
