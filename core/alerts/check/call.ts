import type { Vector } from "../../catalogue/types.ts"
import { parseDuration } from "../../lib/config.ts"
import { didYouMean } from "../../lib/nearest.ts"
import type { Ast } from "../condition/ast.ts"
import { literal } from "../condition/units.ts"
import { type Argument, FUNCTIONS, type FunctionSpec, isPathFunction, PATH_FUNCTIONS } from "../functions.ts"
import type { PathRef, Value } from "../model.ts"
import { checkAnomaly } from "./anomaly.ts"
import type { Context } from "./context.ts"
import { checkPath, dimensionOf } from "./path.ts"

type Call = Ast & { kind: "call" }

const ANOMALY_FORM = "anomaly(path), such as anomaly(metrics.sessions.tokenUsage.cost) > 3"
const MAX_WINDOW_MS = 30 * 86_400_000

/** A function that turns a path into a number by looking back or ahead. */
export function checkCall(ast: Call, context: Context): Value | undefined {
	const spec: FunctionSpec | undefined = isPathFunction(ast.name) ? PATH_FUNCTIONS[ast.name] : undefined
	if (!spec && ast.name !== "anomaly")
		return context.error(ast.nameSpan, "unknown-function", `there is no function ${ast.name}`, {
			expected: FUNCTIONS.join(", "),
			hint: didYouMean(ast.name, FUNCTIONS),
		})
	const form = spec?.form ?? ANOMALY_FORM
	const takes = spec?.takes ?? []
	const [first, ...more] = ast.args
	if (!first || more.length > takes.length || more.length < takes.length - (spec?.optional ?? 0)) {
		if (first?.kind === "path") checkPath(first, context)
		return wrong(ast, form, context)
	}
	if (first.kind !== "path")
		return context.error(
			first.span,
			"wrong-arguments",
			`${ast.name} looks at the history of one path, not of a calculation`,
			{ expected: form },
		)
	if (!spec || !isPathFunction(ast.name)) return checkAnomaly(first, context)
	const path = checkPath(first, context)
	const given = more.map((arg, i) => {
		const number = takes[i] === "share" ? shareOf(arg, form, context) : windowOf(ast.name, arg, form, context)
		return [takes[i], number] as const
	})
	if (!path || given.some(([, number]) => number === undefined)) return undefined
	const { share = 0, ahead = 0, window = ahead } = Object.fromEntries(given) as Partial<Record<Argument, number>>
	const vector = vectorOf(ast.name, first, path, spec, context)
	return (
		vector && {
			kind: "read",
			function: ast.name,
			path,
			vector,
			windowMs: window,
			aheadMs: ahead,
			share,
			dimension: dimensionOf(path),
			quantity: spec.quantity(spec.reads === "counter" ? vector.of.quantity : path.spec.quantity),
		}
	)
}

/** The vector that a function reads of a path. */
function vectorOf(
	name: string,
	ast: Ast,
	{ spec, text }: PathRef,
	{ reads }: FunctionSpec,
	context: Context,
): Vector | undefined {
	if (reads === "counter" && !spec.counter)
		return context.error(ast.span, "no-counter", `nothing counts up behind ${text}`, {
			expected: `a path with a counter for ${name}`,
			hint: "avg, min and max look back on any number",
		})
	if (reads === "histogram" && !spec.histogram)
		return context.error(ast.span, "no-histogram", `there is no distribution behind ${text}`, {
			expected: "a path with a histogram, such as metrics.database.queryLatency",
		})
	if (reads === "value" && spec.quantity === "state")
		return context.error(ast.span, "not-a-number", `${text} is a state, not a number`)
	return spec[reads]
}

function windowOf(name: string, arg: Ast, form: string, context: Context): number | undefined {
	const read = arg.kind === "number" ? literal(arg) : undefined
	const ms = read?.quantity === "seconds" ? Math.round(read.value * 1000) : undefined
	if (ms === undefined) {
		const hint =
			arg.kind === "number" && parseDuration(`${arg.text}m`) !== undefined ? `write the unit: ${arg.text}m` : undefined
		return context.error(arg.span, "wrong-arguments", `${name} needs a duration here`, {
			expected: form,
			hint,
		})
	}
	if (ms < 60_000 || ms > MAX_WINDOW_MS)
		return context.error(arg.span, "wrong-arguments", "the window is out of range", {
			expected: "1m to 30d: two scrapes must lie in it, and history must reach as far",
		})
	return ms
}

function shareOf(arg: Ast, form: string, context: Context): number | undefined {
	const read = arg.kind === "number" ? literal(arg) : undefined
	if (read && (read.quantity === undefined || read.quantity === "ratio") && read.value > 0 && read.value < 1)
		return read.value
	return context.error(arg.span, "wrong-arguments", "the share has to lie between 0 and 1", {
		expected: form,
	})
}

const wrong = (ast: Call, form: string, context: Context) =>
	context.error(
		ast.span,
		"wrong-arguments",
		`${ast.name} is called with ${ast.args.length} argument${ast.args.length === 1 ? "" : "s"}`,
		{ expected: form },
	)
