import { control } from "../../../core/db/schema/index.ts"
import type { GitHubWorkflow } from "../../clients/github.ts"
import type { Context } from "../../context.ts"
import { type Control, readControl } from "../../store/control.ts"
import { agree } from "./converge.ts"
import { noteUndone, undoneBy } from "./pending.ts"

/**
 * Disables the GitHub workflow for as long as an emergency stop stands, unless somebody had disabled it before. Nothing
 * else touches it, neither a pause nor a change that GitHub was told of already.
 *
 * @throws ObservatoryError when GitHub does not do it
 */
export async function agreeWorkflow(ctx: Context, { wait }: { readonly wait: boolean }): Promise<void> {
	const { workflow } = ctx.outside
	if (!workflow) return noteUndone(ctx, "workflow", [])
	try {
		const rounds = await agree(ctx, { what: "workflow", wait }, (state) => round(ctx, workflow, state))
		if (rounds.length > 0) await noteUndone(ctx, "workflow", [])
	} catch (error) {
		await noteUndone(ctx, "workflow", [undoneBy(error)])
		throw error
	}
}

/** Tells GitHub what it could not be told, or what a process that died did not come to tell it, or us. */
export async function keepWorkflow(ctx: Context): Promise<void> {
	const { revision, workflowRevision, undone } = await readControl(ctx)
	if (revision !== workflowRevision || undone.workflow.length > 0) await agreeWorkflow(ctx, { wait: false })
}

async function round(
	{ db, reached }: Context,
	workflow: GitHubWorkflow,
	{ state, revision, workflowRevision, workflowHeld }: Control,
): Promise<void> {
	if (revision === workflowRevision) return
	const stopped = state === "stop"
	let held = workflowHeld
	if (stopped && !held && (await workflow.enabled())) {
		held = true
		// Written down before it is done: whoever goes on after a death must not take it for somebody else's doing.
		await db.update(control).set({ workflowHeld: true })
		reached("workflow.claimed")
	}
	if (held) {
		await workflow.set(!stopped)
		reached("workflow.told")
	}
	await db.update(control).set({ workflowHeld: held && stopped, workflowRevision: revision })
}
