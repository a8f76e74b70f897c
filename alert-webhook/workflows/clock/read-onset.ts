import { inspectPromql } from "../../../core/alerts/promql.ts"
import { PATHS } from "../../../core/catalogue/index.ts"
import type { AlertRule, Element, Prometheus } from "../../../core/clients/prometheus.ts"
import { decideOnset, type Onset } from "../../domain/clock/onset.ts"
import type { Incident } from "../../store/incidents/list.ts"

/** Everything that is asked at one moment is asked once: incidents of one evaluation share it. */
export type Ask = (expr: string, at: number) => Promise<readonly Element[]>

/** A question to Prometheus that is remembered for one round. */
export function askOnce({ query }: Pick<Prometheus, "query">): Ask {
	const known = new Map<string, Promise<readonly Element[]>>()
	return (expr, at) => {
		const key = `${at} ${expr}`
		const answer = known.get(key) ?? query(expr, { at })
		known.set(key, answer)
		return answer
	}
}

/** The jobs that Prometheus scrapes for the rules, beside itself. */
const STARTS = 'min by (job) (process_start_time_seconds{job=~"prometheus|health|autonomous|safety|business"})'

/**
 * The onset of an incident, from what Prometheus knows. `rule` is the alert as it is loaded now, if it still is.
 *
 * @throws ObservatoryError when Prometheus does not answer
 */
export async function readOnset(
	ask: Ask,
	incident: Incident,
	rule: AlertRule | undefined,
	now: number,
): Promise<Onset> {
	const [firedAt, receivedAt] = [incident.startsAt.getTime(), incident.receivedAt.getTime()]
	const pendingAt = await pendingSince(ask, incident)
	const at = pendingAt ?? firedAt
	const starts = await ask(STARTS, now)
	const startOf = ({ value }: Element) => value * 1000
	return decideOnset({
		firedAt,
		receivedAt,
		pendingAt,
		sourceAt: rule && (await newest(ask, lastGood(rule, incident.labels), at)),
		scrapedAt: rule && (await newest(ask, lastScrape(rule, incident.labels), at)),
		starts: {
			prometheus: starts.filter(({ labels }) => labels.job === "prometheus").map(startOf)[0],
			sources: starts.filter(({ labels }) => labels.job !== "prometheus").map(startOf),
		},
	})
}

/** A rule's samples have the time of its evaluation, which is the start that Alertmanager gives its alerts. */
async function pendingSince(ask: Ask, { alertname, startsAt, labels }: Incident): Promise<number | undefined> {
	const elements = await ask(`ALERTS_FOR_STATE{alertname=${JSON.stringify(alertname)}}`, startsAt.getTime() + 1_000)
	const mine = elements.filter((element) =>
		Object.entries(element.labels).every(
			([name, value]) => name === "__name__" || labels[name] === undefined || labels[name] === value,
		),
	)
	return mine[0] && mine[0].value * 1000
}

async function newest(ask: Ask, exprs: readonly string[], at: number): Promise<number | undefined> {
	const answers = await Promise.all(exprs.map((expr) => ask(expr, at)))
	const times = answers.flatMap((elements) => elements.map(({ value }) => value * 1000)).filter(Number.isFinite)
	return times.length === 0 ? undefined : Math.max(...times)
}

type Labels = Readonly<Record<string, string>>

/** The times at which the sources of a rule last saw this element well. */
export function lastGood({ query }: Pick<AlertRule, "query">, labels: Labels): string[] {
	const { series } = inspectPromql(query)
	return PATHS.flatMap(({ value, lastGood, wildcard = "" }) => {
		const element = labels[wildcard]
		if (!lastGood || element === undefined || !series.includes(value.of.name)) return []
		return [`max(${lastGood.of.name}{${wildcard}=${JSON.stringify(element)}})`]
	})
}

/** The last time at which every scrape that a rule on `up` is about had succeeded. */
export function lastScrape({ query }: Pick<AlertRule, "query">, { instance }: Labels): string[] {
	return [...query.matchAll(/\bup\{([^{}]*)\}/g)].map(([, written = ""]) => {
		const matchers = [written, ...(instance === undefined ? [] : [`instance=${JSON.stringify(instance)}`])]
		const up = `up{${matchers.filter(Boolean).join(",")}}`
		return `max_over_time((min(timestamp(${up})) and min(${up}) == 1)[3m:5s])`
	})
}
