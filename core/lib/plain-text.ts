/** Control characters besides tabs and line breaks: a terminal obeys them. */
const CONTROL = "\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f"
/**
 * Characters that are not seen but change how the others read: direction, line separators, no width, tags. The joiners
 * U+200C and U+200D are not among them: Persian and emoji need them.
 */
const INVISIBLE =
	"\\u061c\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb\\u{e0000}-\\u{e007f}"

const UNSAFE = new RegExp(`[${CONTROL}${INVISIBLE}]`, "u")
const ALL_UNSAFE = new RegExp(UNSAFE, "gu")
const ALL_INVISIBLE = new RegExp(`[${INVISIBLE}]`, "gu")
const ALL_BROKEN = new RegExp(`[${CONTROL}]|\\p{Surrogate}`, "gu")
/** Also whole surrogate pairs, which are fine: most texts are clean, and this test is faster than the loops. */
const SUSPECT = new RegExp(
	`[${CONTROL}\\u061c\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb\\ud800-\\udfff]`,
)

/** The first character that makes a text read otherwise than it is, as `U+202E`; undefined when there is none. */
export function unsafeCharacter(text: string): string | undefined {
	const found = UNSAFE.exec(text)?.[0]
	return found === undefined ? undefined : codeOf(found)
}

/** The name of a character, such as `U+202E`. */
export const codeOf = (character: string): string =>
	`U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0")}`

/** The text with such characters replaced visibly, for a terminal. */
export const printable = (text: string): string => text.replace(ALL_UNSAFE, "\ufffd")

/**
 * A foreign text as it is stored and shown: without invisible characters, and with the replacement character for control
 * characters and for what PostgreSQL does not store, U+0000 and halves of surrogate pairs.
 */
export const cleanText = (text: string): string =>
	SUSPECT.test(text) ? text.replace(ALL_INVISIBLE, "").replace(ALL_BROKEN, "\ufffd") : text

/** JSON with such characters escaped: the same value, and safe to print. */
export const printableJson = (json: string): string =>
	json.replace(ALL_UNSAFE, (found) =>
		[...Array(found.length).keys()].map((i) => `\\u${found.charCodeAt(i).toString(16).padStart(4, "0")}`).join(""),
	)
