import type { Context } from "../context.ts"
import { stopSessions } from "./change.ts"
import { readControl } from "./read.ts"

/** Keeps an emergency stop whole: a session that began while it was declared, or after, is ended as well. */
export async function keepStopped(ctx: Context): Promise<void> {
	if ((await readControl(ctx)).state !== "stop") return
	const ended = await stopSessions(ctx.db, new Date(ctx.clock.now()))
	if (ended.length > 0) ctx.log.warn({ sessions: ended }, "sessions that began during an emergency stop were ended")
}
