import { parser } from "@prometheus-io/lezer-promql"

/** The metrics of a PromQL text, and its syntax errors. */
export interface Parsed {
	/** Names of the selected metrics. */
	readonly metrics: ReadonlySet<string>
	/** The text around each syntax error. */
	readonly errors: readonly string[]
}

/** Parses PromQL with the grammar of Prometheus' own editor. */
export function parsePromql(text: string): Parsed {
	const metrics = new Set<string>()
	const errors: string[] = []
	parser.parse(text).iterate({
		enter: (node) => {
			if (node.type.isError) errors.push(text.slice(Math.max(0, node.from - 20), node.to + 20))
			const name = node.name === "VectorSelector" ? node.node.getChild("Identifier") : null
			if (name) metrics.add(text.slice(name.from, name.to))
		},
	})
	return { metrics, errors }
}
