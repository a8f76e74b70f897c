import { foldCondition } from "./fold.ts"
import type { Alert, Condition } from "./model.ts"
import type { Span } from "./source.ts"

/** A name in braces that are not doubled. */
const PLACEHOLDER = /(?<!\{)\{([A-Za-z_][A-Za-z0-9_]*)\}(?!\})/g

/** Names in braces, as in "{server} fails {value} of its requests". */
export const placeholders = (text: string): string[] => [...text.matchAll(PLACEHOLDER)].map(([, name]) => name ?? "")

/** A text cut into literals and placeholders. */
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

/** A part of a text that looks like a placeholder and is none. */
export interface Misspelt {
	readonly text: string
	readonly span: Span
	/** The label or `value` that it seems to name; undefined for any other template. */
	readonly name: string | undefined
}

const ACTION = /\{\{([\s\S]*?)\}\}/g
/** `server`, `.server`, `$labels.server`, `.Labels.server`, `$value | humanize`, `index $labels "server"`. */
const NAME_IN_ACTION =
	/^(?:[$.]?(?:labels\.)?([A-Za-z_]\w*)|\(?index\s+[$.]labels\s+"([A-Za-z_]\w*)"\)?)\s*(?:\|[\s\S]*)?$/i
const KEYWORD = /^(?:break|continue|else|end)$/
const TEMPLATE_WORD =
	/^(?:block|break|continue|define|else|end|if|range|template|with|and|args|eq|first|ge|gt|html|humanize\w*|index|js|label|le|len|lt|match|ne|not|or|parseDuration|printf?|println|query|reReplaceAll|sortByLabel|strvalue|tableLink|title|toLower|toUpper|urlquery|value)\b/
/** `{$labels.server}`, `{.server}`, `{labels.server}`, `{ server }`. */
const ODD_BRACES = /(?<!\{)\{\s*([$.]?(?:labels\.)?)([A-Za-z_]\w*)\s*\}(?!\})/gi
const BARE = /\$(?:labels\.([A-Za-z_]\w*)|value\b)/g

/**
 * What is neither plain text nor a placeholder of the form `{name}`: templates of Prometheus, which are not run, and
 * placeholders in another spelling. `known` are the names that the alert fills in.
 */
export function misspelt(text: string, known: readonly string[]): Misspelt[] {
	const found: Misspelt[] = []
	const add = (part: string, start: number, name: string | undefined) =>
		found.push({ text: part, span: { start, end: start + part.length }, name })
	const blank = (part: string) => " ".repeat(part.length)
	const outside = text.replace(ACTION, (action: string, inside: string, at: number) => {
		const content = inside.replace(/^-\s|\s-$/g, "").trim()
		const [, plain, indexed] = KEYWORD.test(content) ? [] : (NAME_IN_ACTION.exec(content) ?? [])
		const name = plain ?? indexed
		if (name !== undefined || /^[$.]|[|$]/.test(content) || TEMPLATE_WORD.test(content)) add(action, at, name)
		return blank(action)
	})
	const unbraced = outside.replace(ODD_BRACES, (written: string, prefix: string, name: string, at: number) => {
		if (prefix !== "" || (written !== `{${name}}` && known.includes(name))) add(written, at, name)
		return blank(written)
	})
	for (const match of unbraced.matchAll(BARE)) add(match[0], match.index, match[1] ?? "value")
	return found.sort((a, b) => a.span.start - b.span.start)
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
export const hasValue = (condition: Condition): boolean =>
	foldCondition<undefined, boolean>(condition, {
		values: { number: none, read: none, arithmetic: none, negative: none },
		compare: () => true,
		state: () => false,
		event: () => true,
		join: (_, left) => left,
		quantify: ({ kind }, of) => kind === "any" && of,
	})

const none = () => undefined
