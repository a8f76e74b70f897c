import { durationMs } from "./model.ts"

/** A time range in milliseconds since the epoch, and the step of its queries. */
export interface TimeRange {
	readonly from: number
	readonly to: number
}

/** The ranges that the console offers. */
export const RANGES = ["now-1h", "now-6h", "now-24h", "now-7d", "now-30d"] as const

/** Prometheus' scrape interval here. */
const SCRAPE_MS = 15_000
/** Points of a line; more are not visible. */
const POINTS = 320
const LONGEST_MS = 400 * 86_400_000

/** An instant as Grafana writes it: `now`, `now-6h`, or an ISO time; undefined for another text. */
export function instantOf(text: string, now: number): number | undefined {
	if (text === "now") return now
	const relative = /^now-(\w+)$/.exec(text)
	if (relative) {
		const ms = durationMs(relative[1] ?? "")
		return ms === undefined ? undefined : now - ms
	}
	const at = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN
	return Number.isFinite(at) ? at : undefined
}

/** The range between two texts; undefined when it is not one, or is longer than 400 days. */
export function rangeOf(from: string, to: string, now: number): TimeRange | undefined {
	const [start, end] = [instantOf(from, now), instantOf(to, now)]
	if (start === undefined || end === undefined || start >= end || end - start > LONGEST_MS) return undefined
	return { from: start, to: end }
}

const ROUND_MS = [
	1_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000, 7_200_000,
	10_800_000, 21_600_000, 43_200_000, 86_400_000,
]

/** The step of a range query: a round one that makes a few hundred points, and at least `least`. */
export function stepOf({ from, to }: TimeRange, least: number): number {
	const wanted = (to - from) / POINTS
	const round = ROUND_MS.find((ms) => ms >= wanted) ?? Math.ceil(wanted / 86_400_000) * 86_400_000
	return Math.max(round, least, 1_000)
}

/** The range with whole steps at its ends, so that a refresh asks for the same instants. */
export const aligned = ({ from, to }: TimeRange, step: number): TimeRange => ({
	from: Math.floor(from / step) * step,
	to: Math.floor(to / step) * step,
})

const promDuration = (ms: number) => (ms % 1_000 === 0 ? `${ms / 1_000}s` : `${Math.max(1, Math.round(ms))}ms`)

/** Grafana's built-in variables for a range and a step. */
export function builtIns({ from, to }: TimeRange, step: number): Readonly<Record<string, string>> {
	const span = to - from
	return {
		__interval: promDuration(step),
		__interval_ms: String(step),
		__rate_interval: promDuration(Math.max(step + SCRAPE_MS, 4 * SCRAPE_MS)),
		__range: promDuration(Math.round(span / 1_000) * 1_000),
		__range_s: String(Math.round(span / 1_000)),
		__range_ms: String(Math.round(span)),
		__from: String(Math.round(from)),
		__to: String(Math.round(to)),
	}
}
