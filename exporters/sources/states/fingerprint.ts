import { createHash } from "node:crypto"

/** A longer text is compared by its beginning and its length. */
const LONGEST_TEXT = 20_000

/** Times and durations differ each time, although a result is the same. */
const TIMES = [
	/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?/g,
	/\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b/g,
	/\b\d+(?:\.\d+)?\s?(?:ns|µs|us|ms|s|sec|secs|seconds?)\b/g,
]

/** Equal for equal texts, apart from the times in them; short, however long the text is. */
export function fingerprint(text: string): string {
	const beginning = TIMES.reduce((rest, time) => rest.replace(time, "#"), text.slice(0, LONGEST_TEXT))
	const tail = text.length > LONGEST_TEXT ? ` ${text.length}` : ""
	return createHash("sha1")
		.update(beginning + tail)
		.digest("base64url")
		.slice(0, 16)
}
