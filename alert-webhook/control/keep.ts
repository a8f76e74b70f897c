import type { Context } from "../context.ts"
import { applyToSessions } from "./apply.ts"
import { readControl } from "./read.ts"

/** Keeps an emergency stop whole: a session that began while it was declared, or after, is ended as well. */
export async function keepStopped(ctx: Context): Promise<void> {
	if ((await readControl(ctx)).state !== "stop") return
	const ended = await applyToSessions(ctx)
	if (ended.length > 0) ctx.log.warn({ sessions: ended }, "sessions that began during an emergency stop were ended")
}
