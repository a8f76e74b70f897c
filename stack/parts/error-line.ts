import { messageOf, ObservatoryError } from "../../core/lib/errors.ts"
import { printable } from "../../core/lib/plain-text.ts"

const LONGEST = 300

/** What went wrong and what to do about it, on one line of the screen: the first line of a message that has several. */
export function errorLine(error: unknown): string {
	const advice = error instanceof ObservatoryError && error.advice ? ` → ${error.advice}` : ""
	const [first = ""] = (error instanceof Error ? error.message : messageOf(error)).split("\n")
	const text = printable(`${first}${advice}`).replace(/\s+/g, " ")
	return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
}
