import { SCORE_METHODS, SCORED_PATHS, scoredSpec } from "../../../core/catalogue/subjects/anomalies.ts"
import type { Quantity } from "../../../core/catalogue/types.ts"
import type { StoredAssessment } from "../../../core/db/schema/index.ts"

const REASONS: Readonly<Record<string, string>> = {
	no_value: "it had no value at the start",
	not_enough_history: "not enough history",
	constant_history: "it has never varied",
}

/** A sentence for a person on call: the value, how unusual it is, and the usual range. */
export function inFull(assessment: StoredAssessment): string {
	const { value, scores } = assessment
	const quantity = quantityOf(assessment)
	const was = `${nameOf(assessment)} ${value === null ? "had no value" : `was ${amount(value, quantity)}`} at the start of the incident`
	// The interquartile range is the narrower one, and past outliers do not widen it.
	const known = [scores.iqr, scores.zscore].flatMap((score) => (score?.kind === "scored" ? [score] : []))
	const [best] = known
	if (!best) return `${was}; it has no anomaly score: ${reasonOf(assessment)}.`
	const [from, to] = best.usual
	const usual = `${amount(Math.max(0, from), quantity)} to ${amount(to, quantity)}`
	return `${was}, ${verdictOf(assessment)}: ${usual} is usual over the 30 days before (${numbersOf(assessment)}).`
}

/** The same in one line of a timeline. */
export function inShort(assessment: StoredAssessment): string {
	const numbers = numbersOf(assessment)
	const name = nameOf(assessment)
	return numbers ? `${name} ${verdictOf(assessment)} (${numbers})` : `${name}: ${reasonOf(assessment)}`
}

/** Each method's score, in the methods' order: the database has no order. */
const numbersOf = ({ scores }: StoredAssessment): string =>
	SCORE_METHODS.flatMap((method) => {
		const score = scores[method]
		return score?.kind === "scored" ? [`${method} ${plain(score.score)}`] : []
	}).join(", ")

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

/** Stored assessments outlive the catalogue's list: a subject that was removed from it is shown as a bare number. */
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
