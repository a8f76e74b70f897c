import { ObservatoryError } from "../../../../core/lib/errors.ts"
import type { SessionResult } from "../../../clients/sessions.ts"
import type { Context } from "../../../context.ts"

/** A plan's lines about its sessions, also when they cannot be counted or reached. */
export async function planOf(
	{ clients: { sessions } }: Context,
	of: "working" | "alive",
	step: (sessions: string) => string,
): Promise<readonly string[]> {
	const [{ ids, pending }, lacks] = await Promise.all([sessions[of](), sessions.unreachableSessions()])
	const counted = `${ids.length} ${ids.length === 1 ? "session" : "sessions"}`
	return [
		step(pending.length > 0 ? "all sessions (their number is unknown)" : counted),
		...new Set([...pending, ...lacks]),
	]
}

/** Whether there are none. @throws ObservatoryError `unavailable` when that is not known */
export function none({ ids, pending }: SessionResult): boolean {
	if (ids.length === 0 && pending.length > 0) throw new ObservatoryError("unavailable", pending.join(" "))
	return ids.length === 0
}
