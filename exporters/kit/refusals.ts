import type { RefusalReason } from "../../core/catalogue/subjects/observatory.ts"
import { type Column, columnsOf, OUTCOME_RANGES, type ViewName } from "../../core/db/contract/views.ts"
import type { Row } from "./stream.ts"

type Range = NonNullable<Column["range"]>

/**
 * A check of a view's rows: clears the values that no row can have, as a view over other tables may give them, and
 * returns why each was cleared. A cleared value reads as one that is not known.
 */
export function refusalsOf(view: ViewName, columns: readonly string[]): (row: Row) => readonly RefusalReason[] {
	const declared = columnsOf(view)
	const ranges = columns.map((column) => [column, declared[column]?.range] as const)
	return (row) => {
		const values = row as unknown as Record<string, unknown>
		const refused: RefusalReason[] = []
		for (const [column, range] of ranges) {
			const value = values[column]
			if (typeof value !== "number") continue
			const reason = reasonOf(value, range ?? rangeOfKind(view, values.kind))
			if (reason === undefined) continue
			refused.push(reason)
			values[column] = null
		}
		return refused
	}
}

function reasonOf(value: number, range: Range | undefined): RefusalReason | undefined {
	if (!Number.isFinite(value)) return "not_finite"
	return range !== undefined && (value < range[0] || value > range[1]) ? "out_of_range" : undefined
}

/** What an outcome's values may be depends on its kind. */
const rangeOfKind = (view: ViewName, kind: unknown): Range | undefined =>
	view === "outcomes" && typeof kind === "string" ? OUTCOME_RANGES[kind] : undefined
