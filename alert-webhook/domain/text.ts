import { cleanText } from "../../core/lib/plain-text.ts"

/** The beginning of a text, clean although the cut may part a surrogate pair. */
export const beginningOf = (text: string, most: number): string => cleanText(text.slice(0, most))

/** PostgreSQL reads the times that JavaScript writes only within these years. */
export const isStorable = (at: Date): boolean => at.getUTCFullYear() >= 1 && at.getUTCFullYear() <= 9999

/** The first part of an unreadable value, for a person to look at. */
export const KEPT_CHARACTERS = 64 * 1024

/** JSON of a value for people, cut when it is too long. */
export function readable(value: unknown): string {
	try {
		return beginningOf(JSON.stringify(value) ?? String(value), KEPT_CHARACTERS)
	} catch (error) {
		// Nested too deeply for JSON.stringify.
		if (error instanceof RangeError) return "(nested too deeply to show)"
		throw error
	}
}
