import { didYouMean } from "../../lib/nearest.ts"
import { type Ast, pathText } from "../condition/ast.ts"
import type { PathRef, Value } from "../model.ts"
import { EVENT_PATH, findPath, knownWildcardValues, nearestPath } from "../names.ts"
import { hasTemplate } from "../plain-text.ts"
import type { Context } from "./context.ts"

type Path = Ast & { kind: "path" }

/** The catalogued meaning of a path, its wildcard being in a place where one is allowed. */
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
	const { spec, wildcardValue } = found
	if (!wildcardValue) return { spec, text, wildcardValue: undefined }
	if (!wildcardValue.star) {
		if (hasTemplate(wildcardValue.text))
			return context.error(wildcardValue.span, "template-action", "a name cannot contain {{", {
				expected: `the ${spec.wildcard ?? "name"} itself; no template is run in it`,
			})
		const known = knownWildcardValues(spec)
		if (known && !known.includes(wildcardValue.text)) {
			return context.error(
				wildcardValue.span,
				"unknown-path",
				`${wildcardValue.text} is no ${spec.wildcard ?? "name"}`,
				{
					expected: known.join(", "),
					hint: didYouMean(wildcardValue.text, known),
				},
			)
		}
		return { spec, text, wildcardValue: { value: wildcardValue.text } }
	}
	const { quantifier } = context
	if (!quantifier) {
		return context.error(
			wildcardValue.span,
			"wildcard-outside",
			"* matches many values, and it is not said how many must match",
			{ hint: "put the comparison inside any(…) or all(…)" },
		)
	}
	if (quantifier.dimension !== undefined && quantifier.dimension !== spec.wildcard) {
		return context.error(
			wildcardValue.span,
			"wildcard-mixed",
			`* ranges over every ${spec.wildcard} here, but over every ${quantifier.dimension} before`,
			{
				hint: "use one any(…) or all(…) for each",
			},
		)
	}
	quantifier.dimension = spec.wildcard
	return { spec, text, wildcardValue: { every: true } }
}

export const isEventPath = (ast: Ast): boolean => ast.kind === "path" && pathText(ast.segments) === EVENT_PATH

/** The newest value of a path. */
export const latest = (path: PathRef): Value => ({
	kind: "read",
	function: "latest",
	path,
	vector: path.spec.value,
	windowMs: 0,
	aheadMs: 0,
	share: 0,
	quantity: path.spec.quantity,
	dimension: dimensionOf(path),
})

export const dimensionOf = (path: PathRef): string | undefined =>
	path.wildcardValue && "every" in path.wildcardValue ? path.spec.wildcard : undefined
