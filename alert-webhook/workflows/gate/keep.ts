import type { Context } from "../../context.ts"
import { readControl } from "../../store/control.ts"
import { writeFlag } from "./flag.ts"

/**
 * Writes down, on this host, what sessions may do. Called each second: a stop reaches the hook within that. When the
 * database cannot be asked the file grows old, and the hook denies.
 */
export async function keepFlag(ctx: Context, file: string): Promise<void> {
	const { state, revision, reason } = await readControl(ctx)
	await writeFlag(file, { state, revision, reason, at: new Date(ctx.clock.now()).toISOString() })
}
