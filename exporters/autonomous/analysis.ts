import { confidence, insights, patterns, recommendations } from "../../core/catalogue/subjects/improvements.ts"
import { defineStream } from "../kit/stream.ts"

export const insightStream = defineStream({
	view: "insights",
	columns: ["kind", "category", "confidence"],
	emits: [insights, patterns, confidence],
	take(row, _before, tally) {
		if (row.kind === "pattern") {
			tally.count(patterns, {})
			return undefined
		}
		tally.count(insights, { category: row.category ?? "unknown" })
		if (row.confidence !== null) tally.observe(confidence, {}, row.confidence)
		return undefined
	},
})

export const recommendationStream = defineStream({
	view: "recommendations",
	columns: [],
	emits: [recommendations],
	take(_row, _before, tally) {
		tally.count(recommendations, {})
		return undefined
	},
})
