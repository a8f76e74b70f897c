import { control } from "../../../core/db/schema/index.ts"
import type { GitHubWorkflow } from "../../clients/github.ts"
import type { Context } from "../../context.ts"
import { type Control, readControl } from "../../store/control.ts"
import { converge } from "./converge.ts"
import { pendingFor, recordPending } from "./pending.ts"

/**
 * Disables the GitHub workflow during an emergency stop, unless a person had disabled it before. A pause does not
 * change it, and a completed change is not repeated.
 *
 * @throws ObservatoryError when GitHub fails
 */
export async function convergeWorkflow(ctx: Context, { wait }: { readonly wait: boolean }): Promise<void> {
	const { workflow } = ctx.clients
	if (!workflow) return recordPending(ctx, "workflow", [])
	try {
		const rounds = await converge(ctx, { what: "workflow", wait }, (state) => round(ctx, workflow, state))
		if (rounds.length > 0) await recordPending(ctx, "workflow", [])
	} catch (error) {
		await recordPending(ctx, "workflow", [pendingFor(error)])
		throw error
	}
}

/** Applies to GitHub the changes that failed, or that a process did not complete or record before it died. */
export async function applyToWorkflow(ctx: Context): Promise<void> {
	const { revision, workflowRevision, pending } = await readControl(ctx)
	if (revision !== workflowRevision || pending.workflow.length > 0) await convergeWorkflow(ctx, { wait: false })
}

async function round(
	{ db, reached }: Context,
	workflow: GitHubWorkflow,
	{ state, revision, workflowRevision, workflowDisabled }: Control,
): Promise<void> {
	if (revision === workflowRevision) return
	const stopped = state === "stop"
	let disabled = workflowDisabled
	if (stopped && !disabled && (await workflow.enabled())) {
		disabled = true
		// Stored before the request: after a crash, another process must know that we disabled it.
		await db.update(control).set({ workflowDisabled: true })
		reached("workflow.claimed")
	}
	if (disabled) {
		await workflow.set(!stopped)
		reached("workflow.updated")
	}
	await db.update(control).set({ workflowDisabled: disabled && stopped, workflowRevision: revision })
}
