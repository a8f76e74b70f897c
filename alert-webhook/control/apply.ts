import type { Context } from "../context.ts"
import { readControl } from "./read.ts"

/**
 * Makes the GitHub workflow agree with the state that holds now, whatever the state was when the job was added: run
 * late, or twice, or out of order, it ends right.
 */
export async function applyControl(ctx: Context): Promise<void> {
	const { state } = await readControl(ctx)
	await ctx.outside.workflow?.set(state !== "stop")
}
