import { parseDuration } from "../../core/lib/config.ts"
import type { Mutant, Rule } from "./mutate.ts"

const EVALUATION_MS = 15_000

/** Why a mutant alerts exactly as its rule does, so that no test can distinguish them; undefined when it may not. */
export function equivalence(rule: Rule, { rule: mutant, kind }: Mutant): string | undefined {
	if (kind === "for" && evaluations(rule.for) === evaluations(mutant.for))
		return "rules are evaluated each 15 s, so both durations end at the same evaluation"
	if (kind === "threshold" && /^vector\(\d/.test(mutant.expr) && /^vector\(\d/.test(rule.expr))
		return "a vector is there whatever its value is"
	const { before, was, is } = difference(rule.expr, mutant.expr)
	if (kind === "threshold" && before.endsWith(" > ") && Math.floor(was) === Math.floor(is) && isCount(before))
		return "a count is a whole number, and as many of them are above both limits"
	if (kind === "threshold" && rule.expr.startsWith("time() - ") && was === 0 && Math.abs(is) * 1_000 < EVALUATION_MS)
		return "it moves a time by less than rules are evaluated apart"
	if (
		kind === "operator" &&
		mutant.expr.startsWith(">= ", before.length) &&
		/^[^<>]*\b(?:histogram_quantile|predict_linear)\(/.test(before)
	)
		return "what is interpolated is not exactly at a limit"
	return undefined
}

/** At how many evaluations behind the first one an alert fires that lasts. */
const evaluations = (lasting = "0s") => Math.ceil((parseDuration(lasting) ?? 0) / EVALUATION_MS)

/** The text before the place at which two expressions differ, back to its token, and the numbers there. */
function difference(rule: string, mutant: string): { before: string; was: number; is: number } {
	let at = 0
	while (rule[at] === mutant[at] && at < rule.length) at++
	while (at > 0 && !/[\s([]/.test(rule[at - 1] ?? "")) at--
	const numberAt = (text: string) => Number(/^-?[\d.]+/.exec(text.slice(at))?.[0] ?? Number.NaN)
	return { before: rule.slice(0, at), was: numberAt(rule), is: numberAt(mutant) }
}

/** Whether the parenthesis that a comparison follows is that of a count. */
function isCount(before: string): boolean {
	const end = before.lastIndexOf(")")
	let open = 0
	for (let at = end; at >= 0; at--) {
		if (before[at] === ")") open++
		else if (before[at] === "(" && --open === 0) return /\bcount$/.test(before.slice(0, at))
	}
	return false
}
