import type { PromQL, RecordingSpec, SeriesSpec } from "../../core/catalogue/types.ts"
import { type Board, panelsOf } from "../kit/board.ts"

/** A panel that shows a series, directly or through a recording rule. */
export interface Use {
	readonly board: Board
	readonly title: string
}

/** Which panels show each catalogued thing. A panel of a recording shows what the recording is made of as well. */
export function uses(boards: readonly Board[]): ReadonlyMap<SeriesSpec | RecordingSpec, readonly Use[]> {
	const found = new Map<SeriesSpec | RecordingSpec, Use[]>()
	for (const board of boards) {
		for (const panel of panelsOf(board)) {
			const shown = new Set(panel.shows.flatMap(({ expr }) => [...behind(expr)]))
			for (const of of shown) found.set(of, [...(found.get(of) ?? []), { board, title: panel.title }])
		}
	}
	return found
}

function* behind(expr: PromQL): Generator<SeriesSpec | RecordingSpec> {
	for (const of of expr.refs) {
		yield of
		if (of.kind === "recording") yield* behind(of.expr)
	}
}
