import type { Alert, Condition } from "./model.ts"

const PLACEHOLDER = /\{([A-Za-z_][A-Za-z0-9_]*)\}/g

/** Names in braces, as in "{server} fails {value} of its requests". */
export const placeholders = (text: string): string[] => [...text.matchAll(PLACEHOLDER)].map(([, name]) => name ?? "")

/** A text cut into what stands as it is and what is filled in. */
export function pieces(text: string): ({ readonly literal: string } | { readonly name: string })[] {
	const found: ({ literal: string } | { name: string })[] = []
	let at = 0
	for (const match of text.matchAll(PLACEHOLDER)) {
		if (match.index > at) found.push({ literal: text.slice(at, match.index) })
		found.push({ name: match[1] ?? "" })
		at = match.index + match[0].length
	}
	if (at < text.length) found.push({ literal: text.slice(at) })
	return found
}

/** What an alert can fill in; undefined when its PromQL decides that. */
export function placeholderLabels(alert: Alert): string[] | undefined {
	if (alert.trigger.kind === "promql") return undefined
	const { dimension } = alert.trigger.condition
	return [
		...(hasValue(alert.trigger.condition) ? ["value"] : []),
		...(dimension === undefined ? [] : [dimension]),
		...Object.keys(alert.fixedLabels),
	]
}

/** Whether the number that the rule results in means something to a reader. */
export function hasValue(condition: Condition): boolean {
	if (condition.kind === "any" || condition.kind === "and" || condition.kind === "or")
		return hasValue("of" in condition ? condition.of : condition.left)
	return condition.kind === "compare" || condition.kind === "event"
}
