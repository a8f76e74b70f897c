import { ObservatoryError } from "../../../../core/lib/errors.ts"
import type { Told } from "../../../clients/sessions.ts"
import type { Context } from "../../../context.ts"

/** What a plan says about the sessions that it is about, also when they cannot be counted, and which it cannot reach. */
export async function planOf(
	{ outside: { sessions } }: Context,
	of: "working" | "alive",
	step: (sessions: string) => string,
): Promise<readonly string[]> {
	const [{ ids, undone }, lacks] = await Promise.all([sessions[of](), sessions.outOfReach()])
	const counted = `${ids.length} ${ids.length === 1 ? "session" : "sessions"}`
	return [
		step(undone.length > 0 ? "all sessions (how many cannot be read)" : counted),
		...new Set([...undone, ...lacks]),
	]
}

/** Whether there are none. @throws ObservatoryError `unavailable` when that is not known */
export function none({ ids, undone }: Told): boolean {
	if (ids.length === 0 && undone.length > 0) throw new ObservatoryError("unavailable", undone.join(" "))
	return ids.length === 0
}
