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
		tally.count(insights, { category: categoryOf(row.category) })
		if (row.confidence !== null) tally.observe(confidence, {}, row.confidence)
		return undefined
	},
})

/** Programs and people write one category in several ways, and each way would take a lasting place. */
const categoryOf = (category: string | null): string => category?.trim().toLowerCase().replace(/\s+/g, "_") || "unknown"

export const recommendationStream = defineStream({
	view: "recommendations",
	columns: [],
	emits: [recommendations],
	take(_row, _before, tally) {
		tally.count(recommendations, {})
		return undefined
	},
})
