import type { Context } from "../../context.ts"
import { readControl } from "../../store/control.ts"
import { writeFlag } from "./flag.ts"

/**
 * Writes the control state to this host's flag. Called each second: a stop reaches the hook within that. While the
 * database is down the file grows old, and the hook denies.
 */
export async function writeGateFlag(ctx: Context, file: string): Promise<void> {
	const { state, revision, reason } = await readControl(ctx)
	await writeFlag(file, { state, revision, reason, at: new Date(ctx.clock.now()).toISOString() })
}
