import { parser } from "@prometheus-io/lezer-promql"

/** What a PromQL text asks for, and where it does not parse. */
export interface Parsed {
	/** Names of the metrics that it selects. */
	readonly metrics: ReadonlySet<string>
	/** The text at each place that the grammar does not accept. */
	readonly errors: readonly string[]
}

/** Reads PromQL with the grammar that Prometheus' own editor uses. */
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
