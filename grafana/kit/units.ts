import type { Quantity } from "../../core/catalogue/types.ts"

/**
 * The measure of a panel's number: a quantity of the catalogue, an age, a mean of ratings from 1 to 5, a deviation, or a
 * count of thousands with three significant digits.
 */
export type Measure = Quantity | "age" | "rating" | "deviation" | "compact"

/** Grafana's unit id of each measure. Counts show all their digits: `short` without decimals makes 4 K of 3,541. */
export const UNITS: Readonly<Record<Measure, string>> = {
	count: "locale",
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
	compact: "short",
}

/** Fixed decimals where Grafana's choice is bad: `increase()` makes fractions of whole numbers. */
export const decimalsOf = (measure: Measure): number | undefined =>
	measure === "count" ? 0 : measure === "usd" ? 2 : ["score", "rating", "deviation"].includes(measure) ? 1 : undefined

/**
 * Lower bound of an axis' maximum. For a line at zero, Grafana's own maximum is 100 of the unit, which is 10000 % of a
 * ratio.
 */
export const AXIS_AT_LEAST: Readonly<Partial<Record<Measure, number>>> = {
	count: 1,
	compact: 1,
	ratio: 0.01,
	seconds: 0.001,
	usd: 0.01,
	per_second: 0.1,
	score: 1,
}

/** The largest value of a measure that has one. */
export const WHOLE: Readonly<Partial<Record<Measure, number>>> = { ratio: 1, score: 100 }
