import type { Matcher } from "../../core/db/schema/index.ts"

const FORM = /\s*([A-Za-z_][A-Za-z0-9_]*)\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\["\\])*)"|([^\s,"]*))\s*(?:[,\n]|$)/y

/** The parts of a pattern: plain text, an escaped dot, `.*`, and `|` between alternatives. */
const PATTERN = /^(?:[A-Za-z0-9_ :/@,-]|\\\.|\.\*|\|)*$/

/** True for a pattern of that form, which `matches` understands as Alertmanager does. */
export const isSimplePattern = (pattern: string): boolean => PATTERN.test(pattern)

type Parsed = { matchers: Matcher[] } | { problem: string }

/** Parses matchers of which one at least must ask for a label with a value, so that they do not match everything. */
export function parseMatchers(text: string): Parsed {
	const parsed = readMatchers(text)
	if ("matchers" in parsed && parsed.matchers.every((matcher) => matches([matcher], {})))
		return { problem: "at least one matcher must ask for a label with a value; otherwise everything would match" }
	return parsed
}

/**
 * Parses matchers as Alertmanager writes them: `component="database", server=~"github|memory.*"`, separated by commas
 * or new lines, in braces or without. Patterns are the few that mean the same everywhere and are cheap to match.
 */
export function readMatchers(text: string): Parsed {
	const matchers: Matcher[] = []
	const trimmed = text
		.trim()
		.replace(/^\{([\s\S]*)\}$/, "$1")
		.trim()
		.replace(/,$/, "")
	FORM.lastIndex = 0
	while (FORM.lastIndex < trimmed.length) {
		const from = FORM.lastIndex
		const found = FORM.exec(trimmed)
		const name = found?.[1]
		if (!found || name === undefined)
			return { problem: `expected a matcher such as component="database", not ${trimmed.slice(from, from + 60)}` }
		const value = (found[3] ?? found[4] ?? "").replace(/\\(["\\])/g, "$1")
		const op = found[2] as Matcher["op"]
		if (op.endsWith("~") && !PATTERN.test(value))
			return { problem: `the pattern of ${name} may only have text, | between alternatives and .* for anything` }
		matchers.push({ name, op, value })
	}
	if (matchers.length === 0) return { problem: "say what it is about, such as component=database" }
	if (matchers.length > 20) return { problem: "at most 20 matchers" }
	return { matchers }
}

/** Whether labels match every one of the matchers. */
export const matches = (matchers: readonly Matcher[], labels: Readonly<Record<string, string>>): boolean =>
	matchers.every(({ name, op, value }) => {
		const label = labels[name] ?? ""
		const meets = op.endsWith("~") ? value.split("|").some((one) => fits(one, label)) : label === value
		return meets === !op.startsWith("!")
	})

/** The alternatives of a pattern as patterns of SQL's LIKE, which match the same texts. */
export const likePatterns = (pattern: string): readonly string[] =>
	pattern.split("|").map((alternative) =>
		alternative
			.split(".*")
			.map((piece) => piece.replaceAll("\\.", ".").replace(/[\\%_]/g, "\\$&"))
			.join("%"),
	)

/** One alternative of a pattern against a whole text, in linear time. */
function fits(alternative: string, text: string): boolean {
	const [first = "", ...others] = alternative.split(".*").map((piece) => piece.replaceAll("\\.", "."))
	const last = others.pop()
	if (last === undefined) return text === first
	if (!text.startsWith(first)) return false
	let at = first.length
	for (const piece of others) {
		const found = text.indexOf(piece, at)
		if (found < 0) return false
		at = found + piece.length
	}
	return text.length - last.length >= at && text.endsWith(last)
}

export const showMatchers = (matchers: readonly Matcher[]): string =>
	matchers.map(({ name, op, value }) => `${name}${op}${JSON.stringify(value)}`).join(", ")
