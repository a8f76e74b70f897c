import { ObservatoryError } from "../../../core/lib/errors.ts"
import type { Told } from "../../outside/sessions.ts"

/** How many sessions a plan is about, in words, also when they cannot be counted. */
export function howMany({ ids, undone }: Told): string {
	if (undone.length > 0) return `all sessions (how many cannot be read: ${undone.join(" ")})`
	return ids.length === 1 ? "1 session" : `${ids.length} sessions`
}

/** Whether there are none. @throws ObservatoryError `unavailable` when that is not known */
export function none({ ids, undone }: Told): boolean {
	if (ids.length === 0 && undone.length > 0) throw new ObservatoryError("unavailable", undone.join(" "))
	return ids.length === 0
}
