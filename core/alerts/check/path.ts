import { type Ast, pathText } from "../condition/ast.ts"
import type { PathRef } from "../model.ts"
import { EVENT_PATH, findPath, knownPicks, nearestPath } from "../names.ts"
import { didYouMean } from "../nearest.ts"
import type { Context } from "./context.ts"

type Path = Ast & { kind: "path" }

/** The catalogued meaning of a path, its wildcard being in a place where one may stand. */
export function checkPath(ast: Path, context: Context): PathRef | undefined {
	const text = pathText(ast.segments)
	const found = findPath(ast.segments)
	if (!found) {
		const near = nearestPath(ast.segments)
		const parameter = ast.segments.length === 1 && !near ? didYouMean(text, context.parameters.keys()) : undefined
		const single = ast.segments.length === 1
		return context.error(
			ast.span,
			single ? "unknown-parameter" : "unknown-path",
			single ? `${text} is neither a path nor a parameter of this file` : `there is no path ${text}`,
			{
				expected: single ? "a path such as metrics.sessions.failureRate, or a name under parameters:" : undefined,
				hint: near ? `did you mean ${near}?` : (parameter ?? "docs/alert-paths.md lists every path"),
			},
		)
	}
	const { spec, pick } = found
	if (!pick) return { spec, text, pick: undefined }
	if (!pick.star) {
		const known = knownPicks(spec)
		if (known && !known.includes(pick.text)) {
			return context.error(pick.span, "unknown-path", `${pick.text} is no ${spec.wildcard ?? "name"}`, {
				expected: known.join(", "),
				hint: didYouMean(pick.text, known),
			})
		}
		return { spec, text, pick: { value: pick.text } }
	}
	const { quantifier } = context
	if (!quantifier) {
		return context.error(
			pick.span,
			"wildcard-outside",
			"* stands for many values, and it is not said how many must hold",
			{ hint: "put the comparison inside any(…) or all(…)" },
		)
	}
	if (quantifier.dimension !== undefined && quantifier.dimension !== spec.wildcard) {
		return context.error(
			pick.span,
			"wildcard-mixed",
			`* ranges over every ${spec.wildcard} here, but over every ${quantifier.dimension} before`,
			{
				hint: "use one any(…) or all(…) for each",
			},
		)
	}
	quantifier.dimension = spec.wildcard
	return { spec, text, pick: { every: true } }
}

export const isEventPath = (ast: Ast): boolean => ast.kind === "path" && pathText(ast.segments) === EVENT_PATH

export const dimensionOf = (path: PathRef): string | undefined =>
	path.pick && "every" in path.pick ? path.spec.wildcard : undefined
