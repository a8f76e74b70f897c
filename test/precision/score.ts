import type { Firing } from "./evaluate.ts"
import type { Label } from "./world.ts"

/** How right an alert was in a history. */
export interface Score {
	readonly alert: string
	readonly severity: string
	/** Times that it fired, and how many of them for an incident that it is about. */
	readonly fired: number
	readonly right: number
	/** Incidents that it had to find, and how many it found. */
	readonly incidents: number
	readonly found: number
	/** Seconds from the beginning of an incident to the firing, ascending. */
	readonly delays: readonly number[]
}

interface Scores {
	readonly alerts: readonly Score[]
	readonly wrong: readonly Firing[]
	readonly missed: readonly Label[]
}

/** What an alert needs to forget, by the window that its condition looks back over; in seconds. */
const FORGETS: Readonly<Record<string, number>> = {
	autonomous_session_failure_spike: 900,
	safety_violation: 600,
	safety_violation_critical: 3_600,
	escalations_late: 900,
	label_values_folded: 3_600,
	mcp_server_slow: 600,
	database_deadlocks: 900,
	telemetry_not_stored: 600,
	telemetry_store_full: 6 * 3_600,
	telemetry_export_errors: 900,
	// A line through the last two hours, or the last day, keeps its slope.
	budget_forecast: 2 * 3_600,
	database_storage_forecast: 86_400,
	rollback_failing: 7 * 86_400,
}
/** What every alert may need: the window of a rate, or the five minutes that a query looks back. */
const FORGETS_AT_LEAST = 5 * 60
/** Scrapes and evaluations between the end of an incident and the last sample that has it. */
const SLACK = 60

const belongs = ({ alert, labels }: Firing, label: Label) =>
	label.alert === alert && Object.entries(label.labels).every(([name, value]) => labels[name] === value)
const forgotten = ({ alert, until }: Label) => until + (FORGETS[alert] ?? FORGETS_AT_LEAST) + SLACK

/**
 * Compares what fired with the labels. A firing is right if it began in the time of an incident that it is about, or
 * before its window has forgotten that. A required label is found if the alert fired at any moment of that time.
 */
export function scoreFirings(
	rules: readonly { readonly alert: string; readonly labels: Readonly<Record<string, string>> }[],
	firings: readonly Firing[],
	labels: readonly Label[],
): Scores {
	const wrong: Firing[] = []
	const missed: Label[] = []
	const alerts = rules.map(({ alert, labels: { severity = "" } }): Score => {
		const own = firings.filter((firing) => firing.alert === alert && firing.labels.severity === severity)
		const about = labels.filter((label) => label.alert === alert && (label.labels.severity ?? severity) === severity)
		const bad = own.filter(
			(firing) =>
				!about.some((label) => belongs(firing, label) && label.from <= firing.from && firing.from <= forgotten(label)),
		)
		const required = about.filter((label) => label.required)
		const found = required.map((label) =>
			own.find(
				(firing) =>
					belongs(firing, label) && firing.from <= forgotten(label) && (firing.until ?? Infinity) > label.from,
			),
		)
		wrong.push(...bad)
		missed.push(...required.filter((_, i) => found[i] === undefined))
		return {
			alert,
			severity,
			fired: own.length,
			right: own.length - bad.length,
			incidents: required.length,
			found: found.filter((firing) => firing !== undefined).length,
			delays: found
				.flatMap((firing, i) => (firing ? [Math.max(0, firing.from - (required[i]?.from ?? 0))] : []))
				.sort((a, b) => a - b),
		}
	})
	return { alerts, wrong, missed }
}

/** Adds up the scores of several histories, alert by alert. */
export function sumScores(all: readonly (readonly Score[])[]): Score[] {
	const [first = []] = all
	return first.map((score, i) => {
		const same = all.flatMap((scores) => scores[i] ?? [])
		const sum = (pick: (score: Score) => number) => same.reduce((total, each) => total + pick(each), 0)
		return {
			alert: score.alert,
			severity: score.severity,
			fired: sum(({ fired }) => fired),
			right: sum(({ right }) => right),
			incidents: sum(({ incidents }) => incidents),
			found: sum(({ found }) => found),
			delays: same.flatMap(({ delays }) => delays).sort((a, b) => a - b),
		}
	})
}

/** Of all that page or notify; announcements of events (info) are right by themselves. */
export function totals(scores: readonly Score[]): { fired: number; right: number; incidents: number; found: number } {
	const of = scores.filter(({ severity }) => severity !== "info")
	const sum = (pick: (score: Score) => number) => of.reduce((all, score) => all + pick(score), 0)
	return {
		fired: sum(({ fired }) => fired),
		right: sum(({ right }) => right),
		incidents: sum(({ incidents }) => incidents),
		found: sum(({ found }) => found),
	}
}
