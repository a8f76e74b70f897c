import { formatDuration, parseDuration } from "../../core/lib/config.ts"

/** What of a rule is mutated. */
export interface Rule {
	readonly alert: string
	readonly expr: string
	readonly for?: string
	readonly keep_firing_for?: string
	readonly labels?: Readonly<Record<string, string>>
	readonly annotations?: Readonly<Record<string, string>>
}

/** A rule with one fault in it. */
export interface Mutant {
	readonly kind: "threshold" | "operator" | "window" | "for" | "matcher"
	/** The change in words, such as `> → >=`, with the place in the expression. */
	readonly change: string
	readonly rule: Rule
}

const OPERATORS: Readonly<Record<string, readonly string[]>> = {
	">": [">=", "<"],
	"<": ["<=", ">"],
	">=": [">", "<"],
	"<=": ["<", ">"],
	"==": ["!="],
	"!=": ["=="],
	and: ["or"],
	or: ["and"],
	unless: ["and"],
}

/** A matcher, a string, a range, a duration, a name, a number, or an operator that compares. */
const TOKEN =
	/(?<matcher>\w+(?:=~|!~|!=|=)"[^"]*")|"[^"]*"|\[(?<range>\w+)\]|(?<duration>\b\d+[smhdw]\b)|(?<name>[a-zA-Z_:][\w:]*)|(?<number>\d+(?:\.\d+)?)|(?<operator>>=|<=|==|!=|>|<)/g

/** Every fault that is tried on a rule. */
export function mutantsOf(rule: Rule): Mutant[] {
	const mutants: Mutant[] = []
	for (const match of rule.expr.matchAll(TOKEN)) {
		const { matcher, range, duration, name, number, operator } = match.groups ?? {}
		const [text] = match
		const replaced = (by: string) => rule.expr.slice(0, match.index) + by + rule.expr.slice(match.index + text.length)
		const add = (kind: Mutant["kind"], ...others: readonly string[]) => {
			for (const other of others)
				mutants.push({
					kind,
					change: `${text} → ${other} at ${match.index}`,
					rule: { ...rule, expr: replaced(other) },
				})
		}
		if (matcher !== undefined)
			add(
				"matcher",
				matcher.replace(/(=~|!~|!=|=)(?=")/, (sign) => NEGATED[sign] ?? sign),
			)
		else if (range !== undefined) add("window", ...[0.5, 2].map((factor) => `[${times(range, factor)}]`))
		else if (duration !== undefined) add("window", ...[0.5, 2].map((factor) => times(duration, factor)))
		else if (number !== undefined) add("threshold", ...(Number(number) === 0 ? ["1", "-1"] : changed(Number(number))))
		else add("operator", ...(OPERATORS[operator ?? name ?? ""] ?? []))
	}
	const { for: lasting, keep_firing_for: kept, ...immediate } = rule
	const timed = (change: string, other: Rule) => mutants.push({ kind: "for", change, rule: other })
	if (lasting === undefined) timed("for: 1m", { ...rule, for: "1m" })
	else
		for (const factor of [0.5, 2])
			timed(`for: ${lasting} → ${times(lasting, factor)}`, { ...rule, for: times(lasting, factor) })
	if (kept !== undefined)
		timed("without keep_firing_for", { ...immediate, ...(lasting !== undefined && { for: lasting }) })
	return mutants
}

const NEGATED: Readonly<Record<string, string>> = { "=": "!=", "!=": "=", "=~": "!~", "!~": "=~" }
const changed = (value: number) => [value * 1.5, value * 0.5].map((other) => String(Number(other.toPrecision(12))))
const times = (duration: string, factor: number) => formatDuration((parseDuration(duration) ?? 0) * factor)

type Test = {
	readonly promql_expr_test: readonly {
		readonly expr: string
		readonly exp_samples?: readonly { readonly labels: string }[]
	}[]
}

/** The expectations of a test, asked of a mutant instead of the alert that it was made from. */
export function testOf<T extends Test>(test: T, alert: string, mutant: string): T["promql_expr_test"][number][] {
	const name = new RegExp(`\\b${alert}\\b`, "g")
	const renamed = (text: string) => text.replace(name, mutant)
	return test.promql_expr_test
		.filter(({ expr }) => expr.search(name) >= 0)
		.map((each) => ({
			...each,
			expr: renamed(each.expr),
			...(each.exp_samples && {
				exp_samples: each.exp_samples.map((sample) => ({ ...sample, labels: renamed(sample.labels) })),
			}),
		}))
}
