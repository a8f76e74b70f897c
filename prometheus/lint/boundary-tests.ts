import { stringify } from "yaml"
import { formatDuration } from "../../core/lib/config.ts"
import { durationMs } from "./duration.ts"
import type { Binary, Call, Expression, Matcher, Selector } from "./expression.ts"
import type { ReadAlert } from "./lint.ts"

/** Tests of one alert for promtool, or the reason why there are none. */
export type Generated =
	| { readonly alert: string; readonly tests: readonly object[] }
	| { readonly alert: string; readonly reason: string }

/**
 * Tests at the boundary of an alert's condition: just beyond it the alert fires once `for` has passed and not before;
 * just on this side of it never. For a selector, or `rate` or `increase` of one, alone or aggregated, that is compared
 * with a number; and for `absent`.
 */
export function boundaryTests({ rule, expression, interval }: ReadAlert): Generated {
	const hold = durationMs(rule.for ?? "0") ?? 0
	const cases = casesOf(expression, interval)
	if (typeof cases === "string") return { alert: rule.name, reason: cases }
	const first = Math.ceil(cases.window / interval) * interval + interval
	const firing = first + Math.ceil(hold / interval) * interval
	const steps = Math.ceil(firing / interval) + 2
	const expr = `count(ALERTS${selectorOf(rule)})`
	const test = (name: string, values: string, checks: readonly (readonly [number, boolean])[]) => ({
		name: `${rule.name}: ${name}`,
		interval: formatDuration(interval),
		...(values === "" ? {} : { input_series: [{ series: cases.series, values }] }),
		promql_expr_test: checks.map(([at, fires]) => ({
			expr,
			eval_time: formatDuration(at),
			exp_samples: fires ? [{ labels: "{}", value: 1 }] : [],
		})),
	})
	const before = Math.ceil(hold / interval) * interval - interval
	return {
		alert: rule.name,
		tests: [
			test("fires just beyond its condition, after for", cases.beyond(steps), [
				...(before > 0 ? [[before, false] as const] : []),
				[firing, true],
			]),
			test("is silent just on this side of it", cases.within(steps), [[firing, false]]),
		],
	}
}

/** The alert as it fires: with its labels that are no templates, since another alert may have the same name. */
function selectorOf({ name, labels }: ReadAlert["rule"]): string {
	const fixed = [...labels].filter(([, { text }]) => !text.includes("{{"))
	const matchers = [["alertname", name], ["alertstate", "firing"], ...fixed.map(([label, { text }]) => [label, text])]
	return `{${matchers.map(([label, value]) => `${label}=${JSON.stringify(value)}`).join(", ")}}`
}

interface Cases {
	readonly series: string
	/** Until the value is what it stays at. */
	readonly window: number
	beyond(steps: number): string
	within(steps: number): string
}

function casesOf(expression: Expression, interval: number): Cases | string {
	if (expression.kind === "call" && expression.name === "absent") return absentCases(expression)
	if (expression.kind !== "binary" || expression.bool || !/^[<>]=?$|^==$/.test(expression.operator))
		return "the condition is no comparison with a number"
	if (expression.right.kind !== "number" || !Number.isFinite(expression.right.value))
		return "the condition is no comparison with a number"
	const { left } = expression
	const aggregated = left.kind === "aggregation" && /^(?:sum|min|max|avg)$/.test(left.operator)
	const inner = aggregated ? left.of : left
	const source = inner.kind === "call" && /^(?:rate|increase)$/.test(inner.name) ? inner.args[0] : inner
	if (source?.kind !== "selector") return "the condition is not about one selector"
	const series = seriesFor(source)
	if (typeof series !== "string") return series.reason
	const [beyond, within] = valuesAround(expression)
	if (inner.kind !== "call") return { series, window: 0, beyond: constant(beyond), within: constant(within) }
	const below = Math.max(0, within)
	if (beyond < 0 || beyond === below) return "a counter cannot fall"
	const range = source.range ?? 0
	return { series, window: range, ...slopes(inner, range, interval, [beyond, below]) }
}

const constant = (value: number) => (steps: number) => `${value}+0x${steps}`

function slopes(call: Call, range: number, interval: number, [beyond, within]: readonly [number, number]) {
	const perStep = (value: number) => (call.name === "rate" ? value * (interval / 1_000) : value * (interval / range))
	const line = (value: number) => (steps: number) => `0+${perStep(value)}x${steps}`
	return { beyond: line(beyond), within: line(within) }
}

/** A value for which a comparison is true, and one beside it for which it is not. */
function valuesAround({ operator, right }: Binary): readonly [number, number] {
	const threshold = right.kind === "number" ? right.value : 0
	const step = threshold === 0 ? 1 : Math.abs(threshold) * 0.01
	if (operator === ">") return [threshold + step, threshold - step]
	if (operator === ">=") return [threshold + step, threshold - step]
	if (operator === "<" || operator === "<=") return [threshold - step, threshold + step]
	return [threshold, threshold + step]
}

/** A series that fits the selector; the reason when none is known. */
function seriesFor({ name, matchers }: Selector): string | { readonly reason: string } {
	if (name === undefined) return { reason: "the selector has no name" }
	const labels = new Map<string, string>()
	for (const { label, operator, value } of matchers) {
		if (operator === "=") labels.set(label, value)
		else if (operator === "=~" && PLAIN_CHOICE.test(value)) labels.set(label, value.split("|")[0] ?? value)
	}
	const misfit = matchers.find((each) => !fits(each, labels.get(each.label) ?? ""))
	if (misfit) return { reason: `no value is known that fits ${misfit.label}${misfit.operator}"${misfit.value}"` }
	return `${name}{${[...labels].map(([label, value]) => `${label}=${JSON.stringify(value)}`).join(", ")}}`
}

const PLAIN_CHOICE = /^[\w.-]+(?:\|[\w.-]+)*$/

function fits({ operator, value }: Matcher, actual: string): boolean {
	if (operator === "=") return actual === value
	if (operator === "!=") return actual !== value
	try {
		return new RegExp(`^(?:${value})$`, "s").test(actual) === (operator === "=~")
	} catch {
		// RE2 knows forms that JavaScript does not.
		return false
	}
}

function absentCases({ args: [selector] }: Call): Cases | string {
	if (selector?.kind !== "selector") return "absent is not about one selector"
	const series = seriesFor(selector)
	return typeof series === "string" ? { series, window: 0, beyond: () => "", within: constant(1) } : series.reason
}

/** The tests as a file for `promtool test rules`. */
export const renderTests = (ruleFile: string, interval: number, tests: readonly object[]): string =>
	stringify({ rule_files: [ruleFile], evaluation_interval: formatDuration(interval), tests }, { lineWidth: 0 })
