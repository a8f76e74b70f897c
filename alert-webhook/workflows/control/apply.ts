import { ObservatoryError } from "../../../core/lib/errors.ts"
import type { SessionResult } from "../../clients/sessions.ts"
import type { Context } from "../../context.ts"
import { convergeBrakes } from "./brakes.ts"
import { pendingFor } from "./pending.ts"
import { convergeProcesses, type ProcessResult } from "./processes.ts"
import { convergeSessions } from "./sessions.ts"
import { convergeWorkflow } from "./workflow.ts"

/** The effect of a change of control outside the observatory database. */
export interface Applied {
	/** The sessions that were ended, paused or resumed. */
	readonly sessions: readonly string[]
	/** Targets that could not be updated yet, with advice. They are retried until they are, or the state changes. */
	readonly pending: readonly string[]
	/** The sessions that get the state from the gate only: no row of ours can reach them. */
	readonly gateOnly: readonly string[]
	/** The sessions of this host whose processes were ended. */
	readonly processes: ProcessResult["ended"]
}

/** Applies the control state to the sessions, the workflow and the brakes, as far as they can be reached. */
export async function applyControl(ctx: Context): Promise<Applied> {
	const [sessions, workflow, brakes, processes] = await Promise.allSettled([
		convergeSessions(ctx, { wait: true }),
		convergeWorkflow(ctx, { wait: true }),
		convergeBrakes(ctx, { wait: true }),
		convergeProcesses(ctx),
	])
	const updated: SessionResult =
		sessions.status === "fulfilled" ? sessions.value : { ids: [], pending: [pendingFor(sessions.reason)] }
	const failed = workflow.status === "fulfilled" ? [] : [pendingFor(workflow.reason)]
	const limits = brakes.status === "fulfilled" ? brakes.value : [pendingFor(brakes.reason)]
	const ended: ProcessResult =
		processes.status === "fulfilled" ? processes.value : { ended: [], pending: [pendingFor(processes.reason)] }
	const pending = [...updated.pending, ...failed, ...limits, ...ended.pending]
	if (pending.length > 0) ctx.log.warn({ pending }, "control state saved; not yet applied to every target")
	return { sessions: updated.ids, pending, gateOnly: updated.gateOnly ?? [], processes: ended.ended }
}

/** The sessions, if every target was updated. @throws ObservatoryError `unavailable` when a target failed */
export function requireComplete({ sessions, pending }: Pick<Applied, "sessions" | "pending">): readonly string[] {
	if (pending.length === 0) return sessions
	const message = `The control state is saved and the gate has it, but some targets could not be updated. ${pending.join(" ")}`
	throw new ObservatoryError("unavailable", message, {
		advice: "The observatory retries until every target is updated.",
	})
}
