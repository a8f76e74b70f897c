import type { Quantity } from "../../core/catalogue/types.ts"

/**
 * What a panel's number is: a quantity of the catalogue, the time since something, a mean of ratings from 1 to 5, how
 * far something deviates, or a count that runs into thousands and is read with three digits.
 */
export type Measure = Quantity | "age" | "rating" | "deviation" | "many"

/** Grafana's unit id for a quantity, so that no panel chooses its own. */
export const UNITS: Readonly<Record<Measure, string>> = {
	count: "short",
	ratio: "percentunit",
	seconds: "s",
	bytes: "bytes",
	usd: "currencyUSD",
	per_second: "suffix:/s",
	timestamp: "dateTimeAsIso",
	score: "percent",
	state: "none",
	age: "s",
	rating: "none",
	deviation: "none",
	many: "short",
}

/** Digits behind the point where Grafana's own choice reads badly: `increase()` makes fractions out of whole things. */
export const decimalsOf = (measure: Measure): number | undefined =>
	measure === "count" ? 0 : measure === "usd" ? 2 : ["score", "rating", "deviation"].includes(measure) ? 1 : undefined

/**
 * How high an axis reaches at least. Grafana's own choice for a line that stays at zero is a hundred of the unit, which
 * is 10000 % of a ratio.
 */
export const AXIS_AT_LEAST: Readonly<Partial<Record<Measure, number>>> = {
	count: 1,
	many: 1,
	ratio: 0.01,
	seconds: 0.001,
	usd: 0.01,
	per_second: 0.1,
	score: 1,
}

/** Where the whole of a measure ends. */
export const WHOLE: Readonly<Partial<Record<Measure, number>>> = { ratio: 1, score: 100 }
