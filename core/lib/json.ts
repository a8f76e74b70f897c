/** The place where a text stops being JSON, counted from 1, and the reason, such as "expected a value". */
export interface JsonFault {
	readonly line: number
	readonly column: number
	readonly problem: string
}

const SPACE = /[ \t\n\r]*/y
const STRING = /"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y

/**
 * Finds the first place where a text violates JSON; undefined for valid JSON. The engine's own message names a position
 * only sometimes, and its words differ between versions.
 */
export function findJsonFault(text: string): JsonFault | undefined {
	let at = 0
	const take = (pattern: RegExp): boolean => {
		pattern.lastIndex = at
		const found = pattern.test(text)
		if (found) at = pattern.lastIndex
		return found
	}
	const char = (wanted: string): boolean => {
		take(SPACE)
		if (text[at] !== wanted) return false
		at++
		return true
	}
	const key = (): string | undefined => {
		take(SPACE)
		if (!take(STRING)) return "a property name in double quotes"
		return char(":") ? value() : "a colon after the property name"
	}
	const members = (close: string, member: () => string | undefined): string | undefined => {
		if (char(close)) return undefined
		do {
			const fault = member()
			if (fault) return fault
		} while (char(","))
		return char(close) ? undefined : `a comma or ${close}`
	}
	const value = (): string | undefined => {
		take(SPACE)
		if (char("{")) return members("}", key)
		if (char("[")) return members("]", value)
		return take(STRING) || take(SCALAR) ? undefined : "a value"
	}
	const fault = value() ?? (take(SPACE) && at === text.length ? undefined : "the end of the file")
	if (fault === undefined) return undefined
	take(SPACE)
	const before = text.slice(0, at).split("\n")
	return { line: before.length, column: (before.at(-1) ?? "").length + 1, problem: `expected ${fault}` }
}
