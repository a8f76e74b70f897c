import type { PathFunction } from "../../core/alerts/functions.ts"
import type { Value } from "../../core/alerts/model.ts"
import { isAdditive } from "../../core/catalogue/promql.ts"
import { formatDuration } from "../../core/lib/config.ts"
import { atom, type Expression, merged, number, pathSelector, summed } from "./selector.ts"

export type Reading = Value & { readonly kind: "read" }

/** What a function of the language is to Prometheus, and what its rule tests need to know. */
interface FunctionRendering {
	readonly promql: (of: Reading) => Expression
	/** How long a series must have run before a test's choice is reached. */
	readonly warmupMs: (of: Reading) => number
	/** What the function makes of the choice that a test feeds. */
	readonly result: (of: Reading, choice: number) => number
	/** By how much a counter grows in a second for a result of 1. */
	readonly perSecond: (of: Reading) => number
}

const MINUTE_MS = 60_000
const usual = { warmupMs: () => 0, result: (_: Reading, choice: number) => choice, perSecond: () => 0 }
const afterWindow = ({ windowMs }: Reading) => windowMs + MINUTE_MS
const range = ({ windowMs }: Reading) => `[${formatDuration(windowMs)}]`

const overTime = (name: "avg" | "min" | "max"): FunctionRendering => ({
	...usual,
	promql: (of) =>
		merged(`${name}_over_time(${pathSelector(of.path, of.vector)}${range(of)})`, of.path, of.vector, "max"),
})

const counted = (name: "increase" | "rate"): FunctionRendering => ({
	...usual,
	promql(of) {
		const text = `${name}(${pathSelector(of.path, of.vector)}${range(of)})`
		return isAdditive(of.vector.of) ? summed(text, of.path, of.vector) : merged(text, of.path, of.vector, "sum")
	},
	warmupMs: afterWindow,
	perSecond: ({ windowMs }) => (name === "rate" ? 1 : 1000 / windowMs),
})

/** Every function of the language, and the path by itself. */
export const FUNCTION_RENDERINGS: Readonly<Record<PathFunction | "latest", FunctionRendering>> = {
	latest: { ...usual, promql: ({ path, vector }) => merged(pathSelector(path, vector), path, vector, "max") },
	avg: overTime("avg"),
	min: overTime("min"),
	max: overTime("max"),
	increase: counted("increase"),
	rate: counted("rate"),
	quantile: {
		...usual,
		promql(of) {
			const { wildcard } = of.path.spec
			const buckets = `rate(${pathSelector(of.path, of.vector, "_bucket")}${range(of)})`
			const by = ["le", ...(wildcard === undefined ? [] : [wildcard])]
			return atom(`histogram_quantile(${number(of.share)}, sum by (${by.join(", ")}) (${buckets}))`)
		},
		warmupMs: afterWindow,
		/** All observations lie in the bucket whose upper bound was chosen, and are taken to be spread evenly in it. */
		result({ vector, share }, upper) {
			const buckets = vector.of.kind === "series" ? (vector.of.buckets ?? []) : []
			const lower = buckets[buckets.indexOf(upper) - 1] ?? 0
			return lower + (upper - lower) * share
		},
	},
	predict: { ...usual, promql: predicted, warmupMs: ({ windowMs }) => windowMs / 2 + MINUTE_MS },
}

/** Extrapolates a line through the window, and says nothing before half of the window has been seen. */
function predicted(of: Reading): Expression {
	const series = pathSelector(of.path, of.vector)
	const half = formatDuration(Math.round(of.windowMs / 2000) * 1000)
	const line = `predict_linear(${series}${range(of)}, ${number(of.aheadMs / 1000)})`
	const text = `${line} and ${series} offset ${half}`
	const expression = merged(text, of.path, of.vector, "max")
	return expression.text === text ? { text, binding: "and" } : expression
}
