import type { Alert } from "../../core/alerts/model.ts"
import { seriesOf } from "../../core/alerts/series.ts"
import type { RecordingSpec, SeriesSpec } from "../../core/catalogue/types.ts"
import { type Board, panelsOf } from "../kit/board.ts"

/** A panel that shows a series, directly or through a recording rule. */
export interface Use {
	readonly board: Board
	readonly title: string
}

type Uses<T> = ReadonlyMap<SeriesSpec | RecordingSpec, readonly T[]>

/** The panels and alerts that use each series. A user of a recording also uses the series behind it. */
export interface Readers {
	readonly panels: Uses<Use>
	readonly alerts: Uses<Alert>
}

export function readers(boards: readonly Board[], alerts: readonly Alert[]): Readers {
	const panels = boards.flatMap((board) =>
		panelsOf(board).map((panel) => {
			const refs = panel.shows.flatMap(({ expr }) => [...expr.refs])
			return [{ board, title: panel.title }, refs] as const
		}),
	)
	return { panels: byRead(panels), alerts: byRead(alerts.map((alert) => [alert, [...seriesOf(alert)]] as const)) }
}

function byRead<T>(uses: readonly (readonly [T, readonly (SeriesSpec | RecordingSpec)[]])[]): Uses<T> {
	const found = new Map<SeriesSpec | RecordingSpec, T[]>()
	for (const [use, refs] of uses)
		for (const of of new Set(refs.flatMap((ref) => [...behind(ref)]))) found.set(of, [...(found.get(of) ?? []), use])
	return found
}

function* behind(of: SeriesSpec | RecordingSpec): Generator<SeriesSpec | RecordingSpec> {
	yield of
	if (of.kind === "recording") for (const ref of of.expr.refs) yield* behind(ref)
}
