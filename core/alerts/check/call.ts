import { parseDuration } from "../../lib/config.ts"
import { didYouMean } from "../../lib/nearest.ts"
import type { Ast } from "../condition/ast.ts"
import { literal } from "../condition/units.ts"
import type { PathRef, Value } from "../model.ts"
import { FUNCTIONS } from "../names.ts"
import { checkAnomaly } from "./anomaly.ts"
import type { Context } from "./context.ts"
import { checkPath, dimensionOf } from "./path.ts"

type Call = Ast & { kind: "call" }

/** How each function over time is called, shown whenever it is called otherwise. */
const FORMS: Readonly<Record<string, string>> = {
	avg: "avg(path, window), such as avg(metrics.reviews.pending, 30m)",
	min: "min(path, window), such as min(metrics.reviews.pending, 30m)",
	max: "max(path, window), such as max(metrics.reviews.pending, 30m)",
	increase: "increase(path, window), such as increase(metrics.violations.total, 10m)",
	rate: "rate(path, window), such as rate(metrics.database.deadlockCount, 15m)",
	quantile: "quantile(path, share, window), such as quantile(metrics.database.queryLatency, 95%, 10m)",
	predict:
		"predict(path, ahead) or predict(path, ahead, window), such as predict(metrics.database.storageUsage, 4h, 1d)",
	anomaly: "anomaly(path), such as anomaly(metrics.sessions.tokenUsage.cost) > 3",
}
/** How many arguments, where it is not two, and whether the second is a share. */
const ARGUMENTS: Readonly<Record<string, readonly [counts: readonly number[], hasShare: boolean]>> = {
	predict: [[2, 3], false],
	quantile: [[3], true],
	anomaly: [[1], false],
}
const MAX_WINDOW_MS = 30 * 86_400_000

/** A function that turns a path into a number by looking back or ahead. */
export function checkCall(ast: Call, context: Context): Value | undefined {
	const form = FORMS[ast.name]
	if (form === undefined) {
		return context.error(ast.nameSpan, "unknown-function", `there is no function ${ast.name}`, {
			expected: FUNCTIONS.join(", "),
			hint: didYouMean(ast.name, FUNCTIONS),
		})
	}
	const [counts, hasShare] = ARGUMENTS[ast.name] ?? [[2], false]
	const first = ast.args[0]
	if (!first || !counts.includes(ast.args.length)) {
		if (first?.kind === "path") checkPath(first, context)
		return wrong(ast, context)
	}
	if (first.kind !== "path")
		return context.error(
			first.span,
			"wrong-arguments",
			`${ast.name} looks at the history of one path, not of a calculation`,
			{ expected: form },
		)
	if (ast.name === "anomaly") return checkAnomaly(first, context)
	const path = checkPath(first, context)
	const share = hasShare ? shareOf(ast, ast.args[1], context) : undefined
	const times = ast.args.slice(hasShare ? 2 : 1).map((arg) => windowOf(ast, arg, context))
	const [time, second] = times
	if (!path || time === undefined || times.includes(undefined) || (hasShare && share === undefined)) return undefined
	return build(ast, first, path, { time, second, share }, context)
}

function build(
	ast: Call,
	first: Ast,
	path: PathRef,
	{ time, second, share }: { time: number; second: number | undefined; share: number | undefined },
	context: Context,
): Value | undefined {
	const { spec } = path
	const dimension = dimensionOf(path)
	if (ast.name === "increase" || ast.name === "rate") {
		if (!spec.counter)
			return context.error(first.span, "no-counter", `nothing counts up behind ${path.text}`, {
				expected: `a path with a counter for ${ast.name}`,
				hint: "avg, min and max look back on any number",
			})
		const counted = spec.counter.of.quantity
		return {
			kind: ast.name,
			path,
			windowMs: time,
			dimension,
			quantity: ast.name === "increase" ? counted : counted === "count" ? "per_second" : undefined,
		}
	}
	if (ast.name === "quantile") {
		if (!spec.histogram || share === undefined)
			return context.error(first.span, "no-histogram", `there is no distribution behind ${path.text}`, {
				expected: "a path with a histogram, such as metrics.database.queryLatency",
			})
		return { kind: "quantile", path, q: share, windowMs: time, dimension, quantity: spec.quantity }
	}
	if (spec.quantity === "state")
		return context.error(first.span, "not-a-number", `${path.text} is a state, not a number`)
	if (ast.name === "predict")
		return { kind: "predict", path, aheadMs: time, windowMs: second ?? time, dimension, quantity: spec.quantity }
	return {
		kind: "overTime",
		how: ast.name as "avg" | "min" | "max",
		path,
		windowMs: time,
		dimension,
		quantity: spec.quantity,
	}
}

function windowOf(call: Call, arg: Ast, context: Context): number | undefined {
	const read = arg.kind === "number" ? literal(arg) : undefined
	const ms = read?.quantity === "seconds" ? Math.round(read.value * 1000) : undefined
	if (ms === undefined) {
		const hint =
			arg.kind === "number" && parseDuration(`${arg.text}m`) !== undefined ? `write the unit: ${arg.text}m` : undefined
		return context.error(arg.span, "wrong-arguments", `${call.name} needs a duration here`, {
			expected: FORMS[call.name],
			hint,
		})
	}
	if (ms < 60_000 || ms > MAX_WINDOW_MS)
		return context.error(arg.span, "wrong-arguments", "the window is out of range", {
			expected: "1m to 30d: two scrapes must lie in it, and history must reach as far",
		})
	return ms
}

function shareOf(call: Call, arg: Ast | undefined, context: Context): number | undefined {
	const read = arg?.kind === "number" ? literal(arg) : undefined
	if (read && (read.quantity === undefined || read.quantity === "ratio") && read.value > 0 && read.value < 1)
		return read.value
	return context.error(arg?.span ?? call.span, "wrong-arguments", "the share has to lie between 0 and 1", {
		expected: FORMS.quantile,
	})
}

const wrong = (ast: Call, context: Context) =>
	context.error(
		ast.span,
		"wrong-arguments",
		`${ast.name} is called with ${ast.args.length} argument${ast.args.length === 1 ? "" : "s"}`,
		{ expected: FORMS[ast.name] },
	)
