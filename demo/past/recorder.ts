import { SERIES } from "../../core/catalogue/index.ts"
import type { SeriesSpec, SeriesType } from "../../core/catalogue/types.ts"
import { ObservatoryError } from "../../core/lib/errors.ts"
import { type Random, seededRandom } from "../work/random.ts"
import { type Column, fill, type Grid, timeAt } from "./columns.ts"
import { binomial, logNormal, poisson } from "./draw.ts"

/** Events at each point of the grid since the one before it. */
export type Events = Float64Array

type Labels = Readonly<Record<string, string>>

export interface Distribution {
	/** The mean of an observation, now. */
	readonly mean: (time: number) => number
	/** The deviation of an observation's logarithm. */
	readonly spread: number
	/** The largest value that exists, such as 1 of a ratio. */
	readonly most?: number
	/** Observations are whole numbers, 1 at least. */
	readonly whole?: boolean
}

/** Makes events and turns them into series as the exporters expose them. */
export interface Recorder {
	readonly grid: Grid
	/** Independent events, so many an hour. */
	events(perHour: (time: number) => number): Events
	/** Those of `events` that have a property, by its probability. */
	thin(events: Events, probability: number | ((time: number) => number)): Events
	/** Events at given times, in seconds since the epoch. */
	at(times: readonly number[]): Events
	/** The sum of one amount for each event. */
	amounts(events: Events, mean: (time: number) => number, spread?: number): Events
	counter(name: string, labels: Labels, events: Events): void
	histogram(name: string, labels: Labels, events: Events, distribution: Distribution): void
	/** A gauge; NaN where it has no value. */
	gauge(name: string, labels: Labels, value: (time: number, index: number) => number): void
	random(): Random
	columns(): ReadonlyMap<string, readonly Column[]>
}

/** A histogram's samples of a step are at most so many; more events scale them. */
const SAMPLES = 24

/** @param jobs scraping adds a job and an instance: both of a catalogued series, by its group and emitter */
export function createRecorder(seed: number, grid: Grid, jobs: (of: SeriesSpec, labels: Labels) => Labels): Recorder {
	const columns = new Map<string, Column[]>()
	let streams = 0
	// A stream of its own for each series: a new one leaves the others as they are.
	const random = () => seededRandom(seed + Math.imul(++streams, 0x9e3779b1))
	const record = (name: string, labels: Labels, values: Float64Array) => {
		const found = columns.get(name)
		if (found) found.push({ labels, values })
		else columns.set(name, [{ labels, values }])
	}
	return {
		grid,
		random,
		columns: () => columns,
		events(perHour) {
			const own = random()
			return fill(grid, (time) => poisson(own, (perHour(time) * grid.step) / 3_600))
		},
		thin(events, probability) {
			const own = random()
			const of = typeof probability === "number" ? () => probability : probability
			return events.map((count, i) => binomial(own, count, of(timeAt(grid, i))))
		},
		at(times) {
			const events = new Float64Array(grid.count)
			for (const time of times) {
				const index = Math.ceil((time - grid.start) / grid.step)
				if (index > 0 && index < grid.count) events[index] = (events[index] ?? 0) + 1
			}
			return events
		},
		amounts(events, mean, spread = 0.3) {
			const own = random()
			return events.map((count, i) => {
				const expected = count * mean(timeAt(grid, i))
				return count === 0 ? 0 : logNormal(own, expected, spread / Math.sqrt(count))
			})
		},
		counter(name, labels, events) {
			record(name, { ...labels, ...jobs(declared(name, "counter", labels), labels) }, running(events))
		},
		histogram(name, labels, events, distribution) {
			const spec = declared(name, "histogram", labels)
			const all = { ...labels, ...jobs(spec, labels) }
			const bounds = spec.buckets ?? []
			const { sums, buckets } = observe(random(), grid, events, bounds, distribution)
			bounds.forEach((bound, i) => {
				record(`${name}_bucket`, { ...all, le: String(bound) }, running(buckets[i] ?? events))
			})
			record(`${name}_bucket`, { ...all, le: "+Inf" }, running(events))
			record(`${name}_count`, all, running(events))
			record(`${name}_sum`, all, running(sums))
		},
		gauge(name, labels, value) {
			record(name, { ...labels, ...jobs(declared(name, "gauge", labels), labels) }, fill(grid, value))
		},
	}
}

/** @throws ObservatoryError `internal` for a series that the catalogue does not declare like this */
function declared(name: string, type: SeriesType, labels: Labels): SeriesSpec {
	const spec = SERIES.find((each) => each.name === name)
	const given = Object.keys(labels).sort().join(", ")
	if (spec?.type === type && Object.keys(spec.labels).sort().join(", ") === given) return spec
	throw new ObservatoryError("internal", `The catalogue has no ${type} ${name} with the labels {${given}}`)
}

function running(events: Events): Float64Array {
	let sum = 0
	return events.map((count) => {
		sum += count
		return sum
	})
}

function observe(
	random: Random,
	grid: Grid,
	events: Events,
	bounds: readonly number[],
	{ mean, spread, most = Number.POSITIVE_INFINITY, whole = false }: Distribution,
): { sums: Events; buckets: readonly Events[] } {
	const sums = new Float64Array(grid.count)
	const buckets = bounds.map(() => new Float64Array(grid.count))
	for (let i = 0; i < grid.count; i++) {
		const count = events[i] ?? 0
		const samples = Math.min(count, SAMPLES)
		const below = new Float64Array(bounds.length)
		let sum = 0
		for (let n = 0; n < samples; n++) {
			const drawn = Math.min(most, logNormal(random, mean(timeAt(grid, i)), spread))
			const value = whole ? Math.max(1, Math.round(drawn)) : drawn
			sum += value
			for (let b = bounds.length - 1; b >= 0 && value <= (bounds[b] ?? 0); b--) below[b] = (below[b] ?? 0) + 1
		}
		if (samples === 0) continue
		sums[i] = (sum * count) / samples
		buckets.forEach((bucket, b) => {
			bucket[i] = Math.round(((below[b] ?? 0) * count) / samples)
		})
	}
	return { sums, buckets }
}
