import type { GridPos, Panel, RowPanel } from "@grafana/grafana-foundation-sdk/dashboard"
import type { RecordingSpec, SeriesSpec } from "../../core/catalogue/types.ts"
import { type Board, panelsOf, render } from "./board.ts"
import { COLUMNS } from "./layout.ts"
import { parsePromql } from "./metrics.ts"
import { BUILT_IN, type Query } from "./query.ts"

/**
 * The problems of a set of boards; empty without any. Grafana would show them only as overlapping, empty or wrong panels.
 */
export const inspect = (boards: readonly Board[]): readonly string[] => [
	...repeated(boards.map((board) => board.uid)).map((uid) => `two boards have the uid ${uid}`),
	...boards.flatMap((board) =>
		inspectBoard(board, new Set(boards.map(({ uid }) => uid))).map((it) => `${board.uid}: ${it}`),
	),
]

function inspectBoard(board: Board, uids: ReadonlySet<string>): string[] {
	const { panels } = render(board)
	const defs = panelsOf(board)
	const targets = [...board.next.map(({ uid }) => uid), ...defs.flatMap(({ detail }) => detail ?? [])]
	return [
		...repeated(panels.map((panel) => String(panel.id))).map((id) => `two panels have the id ${id}; rename a key`),
		...panels.flatMap(outsideGrid),
		...overlaps(panels),
		...targets.filter((uid) => !uids.has(uid)).map((uid) => `a link leads to ${uid}, which is no board`),
		...targets.filter((uid) => uid === board.uid).map(() => "a link leads to the board itself"),
		...defs.flatMap((panel) => panel.shows.flatMap((query) => inspectQuery(panel.title, query))),
	]
}

/** Every metric must be among the query's references, or be built into Prometheus. */
function inspectQuery(title: string, query: Query): string[] {
	const { metrics, errors } = parsePromql(query.expr.text)
	const known = new Set<string>([...BUILT_IN, ...[...query.expr.refs].flatMap(exposedNames)])
	return [
		...errors.map((near) => `"${title}" has PromQL that does not parse, near "${near}"`),
		...[...metrics]
			.filter((name) => !known.has(name))
			.map((name) => `"${title}" asks for ${name}, which is not catalogued`),
	]
}

/** The names of a series or recording in Prometheus, which stores a histogram as three series. */
const exposedNames = (of: SeriesSpec | RecordingSpec): readonly string[] =>
	of.kind === "series" && of.type === "histogram"
		? ["bucket", "sum", "count"].map((part) => `${of.name}_${part}`)
		: [of.name]

const outsideGrid = ({ title, gridPos: at }: Panel | RowPanel): string[] =>
	at && at.x >= 0 && at.y >= 0 && at.w > 0 && at.h > 0 && at.x + at.w <= COLUMNS
		? []
		: [`"${title}" does not lie within ${COLUMNS} columns`]

function overlaps(panels: readonly (Panel | RowPanel)[]): string[] {
	const found: string[] = []
	panels.forEach((one, i) => {
		for (const other of panels.slice(i + 1)) {
			if (one.gridPos && other.gridPos && overlap(one.gridPos, other.gridPos)) {
				found.push(`"${one.title}" and "${other.title}" overlap`)
			}
		}
	})
	return found
}

const overlap = (a: GridPos, b: GridPos) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h

const repeated = (values: readonly string[]) => [...new Set(values.filter((value, i) => values.indexOf(value) !== i))]
