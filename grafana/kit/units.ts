import type { Quantity } from "../../core/catalogue/types.ts"

/** What a panel's number is: a quantity of the catalogue, the time since something, or a mean of ratings from 1 to 5. */
export type Measure = Quantity | "age" | "rating"

/** Grafana's unit id for a quantity, so that no panel chooses its own. */
export const UNITS: Readonly<Record<Measure, string>> = {
	count: "short",
	ratio: "percentunit",
	seconds: "s",
	bytes: "bytes",
	usd: "currencyUSD",
	per_second: "cps",
	timestamp: "dateTimeAsIso",
	score: "percent",
	state: "none",
	age: "s",
	rating: "none",
}

/** Digits behind the point where Grafana's own choice reads badly: `increase()` makes fractions out of whole things. */
export const decimalsOf = (measure: Measure): number | undefined =>
	measure === "count" ? 0 : measure === "usd" ? 2 : measure === "score" || measure === "rating" ? 1 : undefined
