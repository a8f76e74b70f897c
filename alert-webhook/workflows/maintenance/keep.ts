import { messageOf } from "../../../core/lib/errors.ts"
import type { Context } from "../../context.ts"
import { type Hearing, hearSilenced } from "./ingest-silenced.ts"
import { syncSilences } from "./silence.ts"
import { stepWindows } from "./step.ts"

/** One round of what keeps maintenance windows true: here first, then in Alertmanager, then what is silenced there. */
export async function keepMaintenance(ctx: Context, hearing: Hearing): Promise<void> {
	await stepWindows(ctx)
	await syncSilences(ctx)
	await hearSilenced(ctx, hearing)
}

/** A person has changed a window: it holds at once; when Alertmanager is away it follows as soon as it can. */
export async function afterChange(ctx: Context): Promise<void> {
	ctx.reached("maintenance.changed")
	await stepWindows(ctx)
	await syncSilences(ctx).catch((error: unknown) =>
		ctx.log.warn({ error: messageOf(error) }, "the silence of a maintenance window has to wait for Alertmanager"),
	)
}
