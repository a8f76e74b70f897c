import type { Column } from "./views.ts"

/**
 * How a column of a view that we did not make compares with the contract: `equal`, `convertible` when the exporters' cast gives
 * the value that is meant, `unusable` when it may not.
 */
export type Fit = "equal" | "convertible" | "unusable"

const INTEGERS = ["smallint", "integer", "bigint"]
const FLOATS = ["real", "double precision"]
const NUMBERS = ["numeric", ...FLOATS, ...INTEGERS]
const ZONELESS = ["timestamp without time zone", "date"]

/** Types that hold the same values, by the type that the contract names. Strings, enums and uuids are all texts. */
const EQUAL: Readonly<Record<Exclude<Column["type"], "text">, readonly string[]>> = {
	bigint: INTEGERS,
	integer: ["smallint", "integer"],
	"double precision": [...FLOATS, ...INTEGERS],
	numeric: NUMBERS,
	boolean: ["boolean"],
	timestamptz: ["timestamp with time zone"],
}
const NOT_TEXT = [...NUMBERS, ...ZONELESS, "timestamp with time zone", "boolean", "json", "jsonb", "bytea"]

/** A type as `format_type` names it. */
export const catalogType = (type: Column["type"]) => (type === "timestamptz" ? "timestamp with time zone" : type)

/** @param actual the column's type as `format_type` names it, such as `character varying(40)` */
export function fitOf(actual: string, wanted: Column["type"]): Fit {
	const plain = actual.replace(/\(.*?\)/, "")
	if (wanted === "text") return NOT_TEXT.includes(plain) ? "convertible" : "equal"
	if (EQUAL[wanted].includes(plain)) return "equal"
	const related = wanted === "timestamptz" ? ZONELESS : NUMBERS
	return wanted !== "boolean" && related.includes(plain) ? "convertible" : "unusable"
}

/** How a view gives the column the type that it should have. */
export function castAdvice(column: string, actual: string, wanted: Column["type"]): string {
	if (wanted === "timestamptz" && actual.startsWith("timestamp"))
		return `Say in the view which zone it is in: ${column} at time zone 'UTC'.`
	return `Cast it in the view: ${column}::${wanted}.`
}
