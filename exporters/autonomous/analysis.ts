import { confidence, insights, patterns, recommendations } from "../../core/catalogue/subjects/improvements.ts"
import type { Row, Stream } from "../kit/stream.ts"

export interface InsightRow extends Row {
	readonly kind: string
	readonly category: string
	/** 0 to 1. */
	readonly confidence: number | null
}

export const insightStream: Stream<InsightRow> = {
	reader: "insights",
	view: "insights",
	select: "kind, coalesce(category, 'unknown') as category, confidence",
	emits: [insights, patterns, confidence],
	take(row, _before, tally) {
		if (row.kind === "pattern") {
			tally.count(patterns, {})
			return undefined
		}
		tally.count(insights, { category: row.category })
		if (row.confidence !== null) tally.observe(confidence, {}, row.confidence)
		return undefined
	},
}

export const recommendationStream: Stream = {
	reader: "recommendations",
	view: "recommendations",
	select: "type",
	emits: [recommendations],
	take(_row, _before, tally) {
		tally.count(recommendations, {})
		return undefined
	},
}
