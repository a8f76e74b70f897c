import { ObservatoryError } from "../../../core/lib/errors.ts"
import type { Context } from "../../context.ts"
import { undoneBy } from "./pending.ts"
import { agreeSessions } from "./sessions.ts"
import { agreeWorkflow } from "./workflow.ts"

/** What came of a change beyond our own database, where it holds in any case. */
export interface Followed {
	/** The sessions that were ended, held or let go on. */
	readonly sessions: readonly string[]
	/** What could not be done yet, and what helps. It is tried again until it is done, or another state holds. */
	readonly undone: readonly string[]
}

/** Makes the sessions and the workflow agree with the state that holds, as far as they can be reached. */
export async function follow(ctx: Context): Promise<Followed> {
	const [sessions, workflow] = await Promise.allSettled([
		agreeSessions(ctx, { wait: true }),
		agreeWorkflow(ctx, { wait: true }),
	])
	const told = sessions.status === "fulfilled" ? sessions.value : { ids: [], undone: [undoneBy(sessions.reason)] }
	const untold = workflow.status === "fulfilled" ? [] : [undoneBy(workflow.reason)]
	const undone = [...told.undone, ...untold]
	if (undone.length > 0) ctx.log.warn({ undone }, "a change of what sessions may do holds, but not everywhere")
	return { sessions: told.ids, undone }
}

/** For whoever counts on all of it. @throws ObservatoryError `unavailable` when something could not be done */
export function insist({ sessions, undone }: Followed): readonly string[] {
	if (undone.length === 0) return sessions
	const message = `It holds, and the gate knows it, but not all could be done. ${undone.join(" ")}`
	throw new ObservatoryError("unavailable", message, { advice: "What could not be done is tried again until it is." })
}
