import type { Quantity } from "../../catalogue/types.ts"
import type { Diagnostic } from "../diagnostics.ts"
import type { Parameters } from "../parameters.ts"
import type { Span } from "../source.ts"

/** What the check of one condition knows and collects. */
export interface Context {
	readonly parameters: Parameters
	readonly usedParameters: Set<string>
	/** The `any` or `all` that the check is inside of. */
	quantifier: { readonly name: "any" | "all"; dimension: string | undefined } | undefined
	error(
		span: Span,
		id: Diagnostic["id"],
		message: string,
		more?: { expected?: string | undefined; hint?: string | undefined },
	): undefined
}

/** Whether two quantities may be compared or added; a bare number fits all. */
export const fits = (a: Quantity | undefined, b: Quantity | undefined): boolean =>
	a === undefined || b === undefined || a === b
