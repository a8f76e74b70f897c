import { holds } from "../../core/alerts/check/constant.ts"
import type { Alert } from "../../core/alerts/model.ts"
import type { Reading } from "../render/functions.ts"
import type { Leaf } from "./leaves.ts"
import type { Limit } from "./plain.ts"
import { feedSamples } from "./series.ts"
import { type Check, type UnitTest, unitTest } from "./unit-test.ts"

/**
 * A test of a level that is looked at over time: it steps over the limit and back, or rises to where a line reaches the
 * limit, and the alert turns at the samples at which the function of the window does.
 */
export function shapeTest(alert: Alert, leaf: Leaf, { read, op, limit }: Limit, stepMs: number): UnitTest[] {
	const window = read.windowMs / stepMs
	const lasting = alert.forMs / stepMs
	if (!Number.isInteger(window) || !Number.isInteger(lasting) || window < 4 || alert.keepFiringMs > 0) return []
	const samples = samplesOf(read, leaf, op, limit, window, lasting, stepMs)
	if (!samples) return []
	// Whether a window includes the sample at its start depends on Prometheus' version.
	const values = [0, 1].map((skipped) =>
		samples.map((_, i) => over(read, samples.slice(Math.max(0, i - window + skipped), i + 1), stepMs)),
	)
	const exact = read.function === "min" || read.function === "max"
	if (!exact && values.flat().some((value) => Math.abs(value - limit) < 1e-9 * Math.abs(limit))) return []
	const [closed, open] = values.map((each) => each.map((value) => holds(op, value, limit))) as [boolean[], boolean[]]
	const changes = (truth: readonly boolean[]) => truth.flatMap((is, i) => (i > 0 && is !== truth[i - 1] ? [i] : []))
	const [first, second] = [changes(closed), changes(open)]
	if (first.length !== second.length || closed[0] !== open[0]) return []
	const checks = first.flatMap((a, i): Check[] => {
		const [before, after] = [Math.min(a, second[i] ?? a), Math.max(a, second[i] ?? a)]
		const is = closed[after] === true
		const checks: Check[] = [
			{ at: (before - 1) * stepMs, state: "active", is: !is },
			{ at: after * stepMs, state: lasting === 0 ? "firing" : "active", is },
		]
		const next = Math.min(first[i + 1] ?? samples.length, second[i + 1] ?? samples.length)
		if (is && lasting > 0 && after + lasting < next)
			checks.push(
				{ at: (before + lasting - 1) * stepMs, state: "firing", is: false },
				{ at: (after + lasting) * stepMs, state: "firing", is: true },
			)
		return checks
	})
	if (checks.length === 0) return []
	const until = Math.max(...checks.map(({ at }) => at)) / stepMs + 1
	return [
		unitTest(
			alert,
			"turns when its window does",
			stepMs,
			feedSamples(leaf, samples.slice(0, until)),
			checks.filter(({ at }) => at >= 0),
		),
	]
}

function samplesOf(
	{ function: name, aheadMs }: Reading,
	{ choices, limits }: Leaf,
	op: Limit["op"],
	limit: number,
	window: number,
	lasting: number,
	stepMs: number,
): number[] | undefined {
	if (name === "predict") {
		if (limit <= 0 || !op.startsWith(">")) return undefined
		// A line through the window reaches the limit while about half of the window rises.
		const rise = (0.6 * limit * stepMs) / aheadMs
		const start = 0.25 * limit
		return [...repeat(start, window + 1), ...repeat(0, 2 * window + lasting).map((_, i) => start + (i + 1) * rise)]
	}
	const near = name === "avg" ? choices.filter((choice) => typeof choice === "number") : limits
	const firing = near.find((value) => value !== limit && holds(op, value, limit))
	const quiet = name === "avg" ? near.find((value) => value !== limit && !holds(op, value, limit)) : undefined
	const edge = quiet ?? [...near].reverse().find((value) => !holds(op, value, limit))
	if (firing === undefined || edge === undefined) return undefined
	return [...repeat(edge, window + 2), ...repeat(firing, window + lasting + 3), ...repeat(edge, window + 3)]
}

const repeat = (value: number, times: number): number[] => Array.from({ length: times }, () => value)

/** What the function makes of samples. */
function over({ function: name, aheadMs }: Reading, samples: readonly number[], stepMs: number): number {
	switch (name) {
		case "min":
			return Math.min(...samples)
		case "max":
			return Math.max(...samples)
		case "predict":
			return predicted(samples, aheadMs / stepMs)
		default:
			return samples.reduce((sum, value) => sum + value, 0) / samples.length
	}
}

/** The line of least squares through samples, so many steps behind the last one. */
function predicted(samples: readonly number[], ahead: number): number {
	const middle = (samples.length - 1) / 2
	const mean = samples.reduce((sum, value) => sum + value, 0) / samples.length
	let [products, squares] = [0, 0]
	samples.forEach((value, i) => {
		products += (i - middle) * (value - mean)
		squares += (i - middle) ** 2
	})
	return mean + (products / squares) * (middle + ahead)
}
