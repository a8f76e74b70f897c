import type { Quantity } from "../../catalogue/types.ts"
import { parseDuration } from "../../lib/config.ts"
import { tokenize } from "./lexer.ts"

/** A number as written and what it counts; without a unit it fits every quantity. */
export interface Literal {
	/** In the quantity's base unit: ratios 0 to 1, seconds, bytes, dollars. */
	readonly value: number
	readonly quantity: Quantity | undefined
	readonly text: string
}

const SECONDS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }
const BYTES: Readonly<Record<string, number>> = {
	B: 1,
	kB: 1e3,
	KB: 1e3,
	MB: 1e6,
	GB: 1e9,
	TB: 1e12,
	KiB: 2 ** 10,
	kiB: 2 ** 10,
	MiB: 2 ** 20,
	GiB: 2 ** 30,
	TiB: 2 ** 40,
}

/** Meaning of a number token; undefined when it is too large to be one. */
export function literal(token: { value: number; unit: string; text: string }): Literal | undefined {
	const { value, unit, text } = token
	const of = (number: number, quantity: Quantity | undefined) =>
		Number.isFinite(number) && Math.abs(number) <= 1e18 ? { value: round(number), quantity, text } : undefined
	if (unit === "") return of(value, undefined)
	if (unit === "%") return of(value / 100, "ratio")
	if (unit === "$" || unit === "USD") return of(value, "usd")
	if (unit === "duration") return of((parseDuration(text) ?? Number.NaN) / 1000, "seconds")
	const seconds = SECONDS[unit]
	if (seconds !== undefined) return of(value * seconds, "seconds")
	return of(value * (BYTES[unit] ?? Number.NaN), "bytes")
}

/** 0.07 * 100 should read 7, not 7.000000000000001. */
const round = (value: number) => Number(value.toPrecision(15))

/** A number with an optional unit in a text of its own, as parameters have it. */
export function parseLiteral(text: string): Literal | undefined {
	try {
		const [first, second, third] = tokenize(text)
		if (first?.kind === "number" && second?.kind === "end") return literal(first)
		if (first?.kind !== "symbol" || first.text !== "-" || second?.kind !== "number" || third?.kind !== "end")
			return undefined
		const positive = literal(second)
		return positive && { ...positive, value: -positive.value, text }
	} catch {
		return undefined
	}
}

/** A quantity in a sentence. */
export const QUANTITY_WORDS: Readonly<Record<Quantity, string>> = {
	count: "a count",
	ratio: "a ratio (0 to 1)",
	seconds: "seconds",
	bytes: "bytes",
	usd: "US dollars",
	per_second: "a rate per second",
	timestamp: "a point in time",
	score: "a score out of 100",
	state: "a state",
}
