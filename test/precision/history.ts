import { zscore } from "../../alert-webhook/domain/anomaly/zscore.ts"
import { seededRandom } from "../../demo/work/random.ts"
import { type Column, factLabels, hourly, sumOver } from "./columns.ts"
import { type Played, play } from "./schedule.ts"
import { type Facts, seriesOf } from "./series.ts"
import { createWorld, DAY, HOUR, type Label, MINUTE, type Scrapes, STEP, timeOf } from "./world.ts"

/** A labelled history: what Prometheus scraped, and which alert should have fired when. */
export interface History {
	readonly seed: number
	readonly scrapes: Scrapes
	readonly columns: readonly Column[]
	readonly labels: readonly Label[]
	readonly played: Played
}

/** A fixed Monday, so that a seed and a number of days are the whole history. */
const START = Date.UTC(2026, 0, 5) / 1_000
const BUDGET = 50

/** Alerts whose labels follow from what the sessions of 24 hours did. */
export const OF_A_DAY: readonly string[] = [
	"high_token_usage",
	"token_limit_approaching",
	"budget_forecast",
	"safety_compliance_low",
	"session_cost_unusual",
]

/** Makes a history; the same seed and days give the same one. */
export function createHistory(seed: number, days: number): History {
	const scrapes = { start: START, count: Math.round((days * DAY) / STEP) }
	const world = createWorld(seed, scrapes)
	const played = play(world, seed)
	deployments(seed, world)
	const { columns, facts } = seriesOf(world, seed)
	const { labels: scored, column } = unusualCost(facts, scrapes, seed)
	const labels = [...world.labels, ...dayLabels(facts, scrapes), ...scored, ...eventLabels(world, columns)]
	return { seed, scrapes, columns: [...columns, column], labels, played }
}

/** The usual improvements: a few a day. */
function deployments(seed: number, { scrapes, happen }: ReturnType<typeof createWorld>): void {
	const random = seededRandom(seed + 3)
	const end = timeOf(scrapes, scrapes.count)
	for (let time = scrapes.start + HOUR; time < end; time += random.between(3, 8) * HOUR)
		happen("improvement.deployed", time)
}

/** Facts about the last 24 hours, by the true numbers and not by what was scraped. */
function dayLabels({ cost, started, violating }: Facts, scrapes: Scrapes): Label[] {
	const spent = sumOver(cost, DAY)
	const sessions = sumOver(started, DAY)
	const violations = sumOver(violating, DAY)
	const at = (values: Float64Array, i: number) => values[i] ?? 0
	const above = (alert: string, limit: number, longEnough: number) =>
		factLabels(scrapes, {
			alert,
			clear: (i) => at(spent, i) > 1.03 * limit,
			close: (i) => at(spent, i) > 0.97 * limit,
			longEnough,
			cause: "the cost of a day",
		})
	const ahead = maximumAhead(spent, (4 * HOUR) / STEP)
	const share = (i: number) => 100 * (1 - at(violations, i) / Math.max(1, at(sessions, i)))
	const below = (limit: number, longEnough: number) =>
		factLabels(scrapes, {
			alert: "safety_compliance_low",
			clear: (i) => at(sessions, i) > 100 && share(i) < limit - 1,
			close: (i) => share(i) < limit + 1,
			longEnough,
			cause: "the compliance of a day",
		})
	const severity = (labels: Label[], severity: string) => labels.map((label) => ({ ...label, labels: { severity } }))
	return [
		...above("high_token_usage", 0.8 * BUDGET, 30 * MINUTE),
		...above("token_limit_approaching", 0.95 * BUDGET, 15 * MINUTE),
		// It is a forecast: the budget really is reached within four hours, or has been.
		...factLabels(scrapes, {
			alert: "budget_forecast",
			clear: (i) =>
				at(ahead, i) > 1.1 * BUDGET && at(spent, i) < 0.95 * BUDGET && at(spent, i + HOUR / STEP) > at(spent, i),
			close: (i) => at(ahead, i) > 0.97 * BUDGET,
			longEnough: 2.5 * HOUR,
			cause: "the cost of a day",
		}),
		...severity(below(80, 30 * MINUTE), "critical"),
		...severity(below(90, 30 * MINUTE), "warning"),
	]
}

/** The largest value from each point on, within so many steps. */
function maximumAhead(values: Float64Array, steps: number): Float64Array {
	const ahead = Float64Array.from(values)
	for (let span = 1, covered = 1; covered < steps; covered += span) {
		span = Math.min(covered, steps - covered)
		for (let i = 0; i + span < ahead.length; i++) ahead[i] = Math.max(ahead[i] ?? 0, ahead[i + span] ?? 0)
	}
	return ahead
}

/** The webhook's score of the day's cost, by its own method, over a month that was as usual. */
function unusualCost({ cost }: Facts, scrapes: Scrapes, seed: number): { labels: Label[]; column: Column } {
	const random = seededRandom(seed + 4)
	const spent = sumOver(cost, DAY)
	// A fifth of the days before were busy ones, as in the history itself.
	let busy = 1
	const before = Array.from({ length: (30 * DAY) / HOUR }, (_, hour) => {
		if (hour % 24 === 0) busy = random.chance(0.2) ? random.between(1.1, 1.5) : 1
		const weekday = Math.floor(hour / 24) % 7
		return (weekday < 5 ? 24.8 : 21.5) * busy + random.between(-1.8, 1.8)
	})
	const perMinute = MINUTE / STEP
	let score = Number.NaN
	const values = Float64Array.from({ length: scrapes.count }, (_, i) => {
		// The first day has no 24 hours.
		if (i >= DAY / STEP && i % (5 * perMinute) === 0) {
			const history = hourly(spent.subarray(DAY / STEP), before, i - DAY / STEP).map((value, at) => ({ at, value }))
			const scored = zscore.score(history, spent[i])
			score = scored.kind === "scored" ? scored.score : Number.NaN
		}
		return score
	})
	const subject = "metrics.sessions.tokenUsage.cost"
	const labels = { subject, method: "zscore", job: "alert-webhook", instance: "alert-webhook:9099" }
	return {
		labels: factLabels(scrapes, {
			alert: "session_cost_unusual",
			clear: (i) => (spent[i] ?? 0) > 50 && i > DAY / STEP,
			close: (i) => (spent[i] ?? 0) > 38 && i > DAY / STEP,
			longEnough: 2 * HOUR,
			cause: "the cost of a day",
		}),
		column: { name: "observatory_anomaly_score", labels, values, every: 1 },
	}
}

/** Alerts that announce an event are right when it happened. */
function eventLabels({ scrapes, events }: ReturnType<typeof createWorld>, columns: readonly Column[]): Label[] {
	const completed = columns.find(
		({ name, labels }) => name === "autonomous_events_total" && labels.type === "analysis_session_complete",
	)
	let last = 0
	// A scrape that was lost leaves what was counted to the next one.
	const grown = (completed?.values ?? new Float64Array()).map((value) => {
		if (Number.isNaN(value)) return 0
		const more = value - last
		last = value
		return more
	})
	const deployed = events.get("improvement.deployed")
	const of = (alert: string, happened: (i: number) => boolean): Label[] =>
		Array.from({ length: scrapes.count }, (_, i) => i).flatMap((i) => {
			const from = timeOf(scrapes, i)
			return happened(i) ? [{ alert, labels: {}, from, until: from + MINUTE, required: true, cause: "an event" }] : []
		})
	return [
		...of("analysis_complete", (i) => (grown[i] ?? 0) > 0),
		...of("improvement_deployed", (i) => (deployed?.[i] ?? 0) > 0),
	]
}
