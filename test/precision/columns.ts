import { DAY, HOUR, type Label, type Scrapes, STEP, timeOf } from "./world.ts"

/** A series of a history. */
export interface Column {
	readonly name: string
	readonly labels: Readonly<Record<string, string>>
	/** A value for each scrape; NaN where it was not scraped. */
	readonly values: Float64Array
	/** Every which scrape is kept; windows of a day do not need them all. */
	readonly every: number
}

/** Unchanged gauges are written this often, in seconds; queries look five minutes back. */
const AT_LEAST = 120

/** The samples of some columns in a span of time, as OpenMetrics with timestamps. */
export function* samples(
	scrapes: Scrapes,
	columns: Iterable<Column>,
	from: number,
	until: number,
	step = STEP,
): Generator<string> {
	for (const { name, labels, values, every } of columns) {
		const pairs = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`)
		const head = `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} `
		const thinned = !isCounter(name) && every === 1
		const text: string[] = []
		let last = Number.NaN
		let since = 0
		for (let i = 0; i < values.length; i += every) {
			const time = scrapes.start + i * step
			if (time < from || time >= until) continue
			const value = values[i] ?? Number.NaN
			since += 1
			if (Number.isNaN(value)) {
				last = Number.NaN
				continue
			}
			if (thinned && value === last && since * step < AT_LEAST) continue
			last = value
			since = 0
			text.push(`${head}${value} ${time}\n`)
		}
		yield text.join("")
	}
	yield "# EOF\n"
}

const isCounter = (name: string) => /_(?:total|bucket|count|sum)$/.test(name)

/** The sum of the last `window` seconds, at each scrape. */
export function sumOver(values: Float64Array, window: number): Float64Array {
	const steps = window / STEP
	let sum = 0
	return values.map((value, i) => {
		sum += value - (i >= steps ? (values[i - steps] ?? 0) : 0)
		return sum
	})
}

/** Labels where a fact is true: required where it is clear for long enough, and permitted where it is close. */
export function factLabels(
	scrapes: Scrapes,
	{
		alert,
		clear,
		close,
		longEnough,
		cause,
	}: {
		readonly alert: string
		readonly clear: (index: number) => boolean
		readonly close: (index: number) => boolean
		readonly longEnough: number
		readonly cause: string
	},
): Label[] {
	const of = (required: boolean) => ({ alert, labels: {}, required, cause })
	const spans = (holds: (index: number) => boolean) => {
		const found: { from: number; until: number }[] = []
		let from: number | undefined
		for (let i = 0; i <= scrapes.count; i++) {
			const now = i < scrapes.count && holds(i)
			if (now) from ??= timeOf(scrapes, i)
			else if (from !== undefined) {
				found.push({ from, until: timeOf(scrapes, i) })
				from = undefined
			}
		}
		return found
	}
	return [
		...spans(clear).flatMap((each) => (each.until - each.from >= longEnough ? [{ ...of(true), ...each }] : [])),
		...spans(close).map((each) => ({ ...of(false), ...each })),
	]
}

/** Hourly values of the last 30 days, up to a scrape. */
export function hourly(values: Float64Array, before: readonly number[], index: number): number[] {
	const perHour = HOUR / STEP
	const own: number[] = []
	for (let i = index - (index % perHour); i >= 0 && own.length < (30 * DAY) / HOUR; i -= perHour)
		own.unshift(values[i] ?? 0)
	return [...before, ...own].slice(-(30 * DAY) / HOUR)
}
