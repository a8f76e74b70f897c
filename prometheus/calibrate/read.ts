import { RECORDINGS } from "../../core/catalogue/index.ts"
import type { RecordingSpec, SeriesSpec } from "../../core/catalogue/types.ts"
import type { Prometheus, RangeElement } from "../../core/clients/prometheus.ts"
import { ObservatoryError } from "../../core/lib/errors.ts"
import type { Element, Timeline } from "./firings.ts"
import type { Question } from "./question.ts"

/** A Prometheus that has it. */
type History = Pick<Prometheus, "range">

/** Points that are asked for at once; Prometheus gives at most 11,000. */
const POINTS = 10_000
const FEWEST_POINTS = 50

/** What a history says about a question. */
export interface Answer {
	readonly elements: readonly Element[]
	readonly observedMs: number
}

/** Answers questions from a history; what several of them ask is read once. */
export function historyReader(api: History, timeline: Timeline): (question: Question) => Promise<Answer> {
	const known = new Map<string, Promise<readonly Element[]>>()
	const read = (expr: string) => {
		const before = known.get(expr)
		if (before) return before
		const reading = readElements(api, expr, timeline)
		known.set(expr, reading)
		return reading
	}
	return async ({ expr, series }) => ({
		elements: await read(expr),
		observedMs: await observed(series, timeline, read),
	})
}

/**
 * For how long there was something to see: the instants at which a series that the alert reads, or one of the scraped ones
 * behind it, was there, from the first one that it could read on. A recording that has a value only now and then is looked at all along.
 */
async function observed(
	series: readonly string[],
	timeline: Timeline,
	read: (expr: string) => Promise<readonly Element[]>,
): Promise<number> {
	if (series.length === 0) return timeline.length * timeline.stepMs
	const there = async (names: readonly string[]) => (await read(present(names)))[0]?.values ?? new Float64Array()
	const own = await there(series)
	const first = own.findIndex((value) => !Number.isNaN(value))
	if (first < 0) return 0
	const any = [...new Set([...series, ...series.flatMap(scrapedFor)])]
	return (await there(any)).filter((value, i) => i >= first && !Number.isNaN(value)).length * timeline.stepMs
}

const present = (names: readonly string[]) => `group({__name__=~"${[...names].sort().join("|")}"})`

const recordings = new Map<string, RecordingSpec>(RECORDINGS.map((of) => [of.name, of]))

/** The series, down through the recordings, that exporters expose. */
function scrapedFor(name: string): string[] {
	const recording = recordings.get(name)
	return recording ? [...recording.expr.refs].flatMap(namesOf) : [name]
}

const namesOf = (of: SeriesSpec | RecordingSpec): string[] =>
	of.kind === "recording" ? scrapedFor(of.name) : [of.type === "histogram" ? `${of.name}_count` : of.name]

/** An expression over a whole timeline, in as few requests as Prometheus allows. */
export async function readElements(api: History, expr: string, timeline: Timeline): Promise<readonly Element[]> {
	const found = new Map<string, Element>()
	for (let from = 0; from < timeline.length; from += POINTS)
		for (const { labels, points } of await readPart(
			api,
			expr,
			timeline,
			from,
			Math.min(POINTS, timeline.length - from),
		)) {
			const key = JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))
			const element = found.get(key) ?? { labels, values: new Float64Array(timeline.length).fill(Number.NaN) }
			found.set(key, element)
			for (const { at: instant, value } of points) {
				const at = Math.round((instant - timeline.startMs) / timeline.stepMs)
				if (at >= 0 && at < timeline.length) element.values[at] = value
			}
		}
	return [...found.values()]
}

/** A part of the timeline, halved when it is more than Prometheus reads at once. */
async function readPart(
	api: History,
	expr: string,
	timeline: Timeline,
	from: number,
	count: number,
): Promise<readonly RangeElement[]> {
	const at = (i: number) => timeline.startMs + i * timeline.stepMs
	try {
		return await api.range(expr, { from: at(from), to: at(from + count - 1), step: timeline.stepMs })
	} catch (error) {
		if (!(error instanceof ObservatoryError) || error.code !== "too_large" || count < FEWEST_POINTS) throw error
		const half = Math.floor(count / 2)
		return [
			...(await readPart(api, expr, timeline, from, half)),
			...(await readPart(api, expr, timeline, from + half, count - half)),
		]
	}
}
