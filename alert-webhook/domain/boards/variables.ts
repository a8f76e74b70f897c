import type { Variable } from "./model.ts"

/** Grafana's value of the choice "All". */
export const ALL = "$__all"

/** A variable with its options and what is chosen. */
export interface Chosen {
	readonly variable: Variable
	readonly options: readonly string[]
	/** One value, several, or `ALL`. */
	readonly values: readonly string[]
}

/** Values of variables by name, as a query is to see them. */
export type Scope = Readonly<Record<string, Chosen | string>>

export type Language = "promql" | "sql" | "text"

const REFERENCE = /\$\{(\w+)(?::(\w+))?\}|\[\[(\w+)\]\]|\$(\w+)/g

/** Inserts variables: `$name`, `${name}`, `${name:regex}` and `[[name]]`. An unknown name stays as it is. */
export function interpolate(text: string, scope: Scope, language: Language): string {
	return text.replace(REFERENCE, (whole, braced?: string, format?: string, bracketed?: string, bare?: string) => {
		const known = scope[braced ?? bracketed ?? bare ?? ""]
		if (known === undefined) return whole
		return typeof known === "string" ? known : written(known, format, language)
	})
}

function written({ variable, options, values }: Chosen, format: string | undefined, language: Language): string {
	const all = values.includes(ALL)
	if (all && variable.allValue) return variable.allValue
	const list = all ? options : values
	if (format === "csv") return list.join(",")
	if (format === "pipe") return list.join("|")
	if (format === "raw" || language === "text") return list.join(format === "raw" ? "," : " + ")
	const several = variable.multi || variable.includeAll || format === "regex"
	if (language === "sql" || format === "sqlstring" || format === "singlequote") {
		const quoted = list.map((value) => value.replaceAll("'", "''"))
		// As Grafana does: a board writes the quotes around a variable with one value itself.
		return several || format !== undefined ? quoted.map((value) => `'${value}'`).join(",") : quoted.join("")
	}
	// Inside of a PromQL string a backslash is written twice.
	const escaped = list.map((value) =>
		several
			? value
					.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
					.replaceAll("\\", "\\\\")
					.replaceAll('"', '\\"')
			: value.replaceAll("\\", "\\\\").replaceAll('"', '\\"'),
	)
	return escaped.length === 1 ? (escaped[0] ?? "") : `(${escaped.join("|")})`
}

/** The options that pass the variable's filter; its first group, if it has one, is the option. */
export function filtered(values: readonly string[], regex: string): string[] {
	const found = new Set<string>()
	const match = /^\/(.*)\/([gimsuy]*)$/s.exec(regex)
	const filter = regex === "" ? undefined : safeRegex(match?.[1] ?? regex, match?.[2]?.replace("g", ""))
	for (const value of values) {
		if (filter === undefined) found.add(value)
		const hit = filter?.exec(value)
		if (hit) found.add(hit[1] ?? value)
	}
	return [...found].sort((a, b) => a.localeCompare(b, "en", { numeric: true }))
}

export function safeRegex(source: string, flags = ""): RegExp | undefined {
	try {
		return new RegExp(source, flags)
	} catch {
		return undefined
	}
}

/** What is chosen: what was asked for as far as it is an option, otherwise the board's own choice. */
export function chosenOf(variable: Variable, options: readonly string[], asked: readonly string[] | undefined): Chosen {
	const mayBe = (value: string) =>
		variable.type === "textbox" || (value === ALL && variable.includeAll) || options.includes(value)
	const own = [variable.current?.value ?? []].flat()
	const candidates = [asked ?? [], own, variable.includeAll ? [ALL] : [], options.slice(0, 1)]
	const values = candidates.map((list) => list.filter(mayBe)).find((list) => list.length > 0) ?? []
	const kept = values.includes(ALL) ? [ALL] : variable.multi ? values : values.slice(0, 1)
	return { variable, options, values: kept }
}

/**
 * A variable's query as PromQL and the label whose values are the options. `label_values(label)`,
 * `label_values(metric, label)` and `query_result(expr)` are known.
 */
export function optionQuery(query: unknown): { readonly expr: string; readonly label?: string } | undefined {
	const text = typeof query === "string" ? query : (query as { query?: unknown } | null)?.query
	if (typeof text !== "string") return undefined
	const labels = /^\s*label_values\(\s*(?:(.+),)?\s*([a-zA-Z_]\w*)\s*\)\s*$/s.exec(text)
	if (labels) {
		const [, metric, label = ""] = labels
		const selector = metric?.trim() ?? `{${label}!=""}`
		return { expr: `group by (${label}) (last_over_time(${selector}[$__range]))`, label }
	}
	const result = /^\s*query_result\((.+)\)\s*$/s.exec(text)
	return result?.[1] === undefined ? undefined : { expr: result[1] }
}
