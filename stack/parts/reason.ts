import { messageOf, ObservatoryError } from "../../core/lib/errors.ts"

/** What went wrong and what to do about it, on one line of the screen. */
export function reasonOf(error: unknown): string {
	const advice = error instanceof ObservatoryError && error.advice ? ` → ${error.advice}` : ""
	return `${messageOf(error)}${advice}`.replace(/\s+/g, " ")
}
