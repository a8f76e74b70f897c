import { parser } from "@prometheus-io/lezer-promql"
import { RECORDINGS, SERIES } from "../catalogue/index.ts"
import { nearest } from "../lib/nearest.ts"
import type { Span } from "./source.ts"

/** Series that servers beside ours expose or that Prometheus makes up itself. */
const FOREIGN =
	/^(?:up|scrape_\w+|ALERTS|ALERTS_FOR_STATE|prometheus_\w+|alertmanager_\w+|process_\w+|go_\w+|nodejs_\w+)$/

const catalogued: ReadonlySet<string> = new Set([
	...RECORDINGS.map(({ name }) => name),
	...SERIES.flatMap(({ name, type }) =>
		type === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
	),
])

export interface PromqlProblem {
	readonly id: "promql-syntax" | "unknown-series"
	readonly span: Span
	readonly message: string
	readonly hint?: string
}

/** Reads PromQL with Prometheus' own grammar: the series it names, and what is wrong with it. */
export function inspectPromql(text: string): { series: readonly string[]; problems: readonly PromqlProblem[] } {
	const series = new Set<string>()
	const problems: PromqlProblem[] = []
	let broken = false
	parser.parse(text).iterate({
		enter(node) {
			const span = { start: node.from, end: Math.max(node.to, node.from + 1) }
			if (node.type.isError && !broken) {
				broken = true
				problems.push({ id: "promql-syntax", span, message: "this is not PromQL" })
			}
			if (node.name !== "VectorSelector") return
			const name = node.node.getChild("Identifier")
			if (!name) {
				problems.push({ id: "unknown-series", span, message: "a selector has to name its series before the braces" })
				return
			}
			const written = text.slice(name.from, name.to)
			series.add(written)
			if (catalogued.has(written) || FOREIGN.test(written)) return
			const near = nearest(written, catalogued)
			problems.push({
				id: "unknown-series",
				span: { start: name.from, end: name.to },
				message: `nothing emits the series ${written.slice(0, 100)}`,
				...(near === undefined ? {} : { hint: `did you mean ${near}?` }),
			})
		},
	})
	return { series: [...series], problems }
}
