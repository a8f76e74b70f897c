import { anomalyDeviation, SCORED_PATHS } from "../../catalogue/subjects/anomalies.ts"
import { didYouMean } from "../../lib/nearest.ts"
import { type Ast, pathText } from "../condition/ast.ts"
import type { Value } from "../model.ts"
import { findPath } from "../names.ts"
import type { Context } from "./context.ts"
import { checkPath, latest } from "./path.ts"

/**
 * `anomaly(path)`: how many standard deviations a path's value is away from its last 30 days. Scores are series of
 * their own, so this is a path like any other to everything behind the check.
 */
export function checkAnomaly(ast: Ast & { kind: "path" }, context: Context): Value | undefined {
	const written = pathText(ast.segments)
	const found = findPath(ast.segments)
	if (!found) return void checkPath(ast, context)
	const { path } = found.spec
	if (!SCORED_PATHS.some((one) => one === path))
		return context.error(ast.span, "not-scored", `no anomaly score is kept of ${written}`, {
			expected: "a path that docs/alert-paths.md lists with the function anomaly",
			hint:
				didYouMean(written, SCORED_PATHS) ?? "compare with a window before, as in metrics.x > 2 * avg(metrics.x, 1d)",
		})
	if (found.wildcardValue && !found.wildcardValue.star)
		return context.error(found.wildcardValue.span, "not-scored", "only the highest of all of them is scored", {
			hint: `write anomaly(${path})`,
		})
	const text = `anomaly(${path})`
	const value = { of: anomalyDeviation, matchers: { subject: path } }
	const spec = { path, quantity: anomalyDeviation.quantity, help: anomalyDeviation.help, value }
	return latest({ spec, text, wildcardValue: undefined })
}
