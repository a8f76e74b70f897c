import { SCORED_PATHS, scoredSpec } from "../../core/catalogue/subjects/anomalies.ts"
import type { Quantity } from "../../core/catalogue/types.ts"
import type { StoredAssessment } from "../../core/db/schema/index.ts"

const REASONS: Readonly<Record<string, string>> = {
	no_value: "it had no value when this began",
	not_enough_history: "not enough history",
	constant_history: "it has never varied",
}

/** A sentence or two for a person who has just been woken: what the value was, how unusual, and what is usual. */
export function inFull(assessment: StoredAssessment): string {
	const { value, historyPoints } = assessment
	const quantity = quantityOf(assessment)
	const name = nameOf(assessment)
	const { zscore, iqr } = assessment.scores
	const known = [zscore, iqr].filter((score) => score?.kind === "scored")
	const was = value === null ? `${name} had no value` : `${name} was ${amount(value, quantity)}`
	if (known.length === 0 || value === null)
		return `${was} when this began; how unusual that is cannot be said: ${reasonOf(assessment)}.`
	const parts = [
		zscore?.kind === "scored" && `${away(zscore.score, "standard deviation")} the mean`,
		iqr?.kind === "scored" &&
			(iqr.score === 0
				? "between the quartiles"
				: `${away(iqr.score, "interquartile range")} the ${iqr.score > 0 ? "upper" : "lower"} quartile`),
	].filter(Boolean)
	// The interquartile range is the narrower and is not widened by past outliers.
	const [from, to] = (iqr?.kind === "scored" ? iqr : known[0])?.usual ?? [0, 0]
	const usual = `usual is ${amount(Math.max(0, from), quantity)} to ${amount(to, quantity)}`
	return `${was} when this began, ${verdictOf(assessment)} for the 30 days before: ${parts.join(", ")}; ${usual} (${historyPoints} hourly values).`
}

/** The same on one line of a timeline. */
export function inShort(assessment: StoredAssessment): string {
	const numbers = Object.entries(assessment.scores).flatMap(([method, score]) =>
		score.kind === "scored" ? [`${method} ${plain(score.score)}`] : [],
	)
	const name = nameOf(assessment)
	return numbers.length === 0
		? `${name}: ${reasonOf(assessment)}`
		: `${name} ${verdictOf(assessment)} (${numbers.join(", ")})`
}

function verdictOf({ scores }: StoredAssessment): string {
	const known = Object.values(scores).flatMap((score) => (score.kind === "scored" ? [score] : []))
	const unusual = known.find((score) => score.unusual)
	if (!unusual) return "as usual"
	return unusual.score > 0 ? "unusually high" : "unusually low"
}

function reasonOf({ scores }: StoredAssessment): string {
	const [first] = Object.values(scores).flatMap((score) => (score.kind === "unscored" ? [score.reason] : []))
	return REASONS[first ?? ""] ?? first ?? "not scored"
}

const nameOf = ({ subject, labels }: StoredAssessment): string =>
	Object.values(labels).reduce((name, value) => name.replace("*", () => value), subject)

const away = (score: number, unit: string): string => {
	const size = plain(Math.abs(score))
	return `${size} ${unit}${size === "1" ? "" : "s"} ${score < 0 ? "below" : "above"}`
}

/** Stored assessments outlive the catalogue's list: one that is not in it any more is shown as a bare number. */
function quantityOf({ subject }: StoredAssessment): Quantity {
	const path = SCORED_PATHS.find((one) => one === subject)
	return path === undefined ? "count" : scoredSpec(path).of.quantity
}

function amount(value: number, quantity: Quantity): string {
	switch (quantity) {
		case "ratio":
			return `${plain(value * 100)} %`
		case "score":
			return `${plain(value)} %`
		case "usd":
			return `$${value.toFixed(2)}`
		case "seconds":
			return value < 1 ? `${plain(value * 1000)} ms` : `${plain(value)} s`
		case "bytes":
			return `${plain(value / 1e6)} MB`
		case "per_second":
			return `${plain(value)}/s`
		default:
			return plain(value)
	}
}

const NUMBERS = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3 })
const WHOLE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 })

const plain = (value: number): string => (Math.abs(value) >= 100 ? WHOLE : NUMBERS).format(value)
