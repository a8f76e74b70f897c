import type { Samples } from "./blocks.ts"
import { type Column, type Columns, type Grid, timeAt } from "./columns.ts"
import type { Past } from "./model.ts"
import { DAY } from "./timeline.ts"

/** From the end backwards: how long every series has all its samples, and how long gauges and counters have enough. */
const FULL = DAY
const DENSE = 8 * DAY
/** Every which sample of a counter is kept: a window of an hour still has two. */
const DENSE_STEP = 3
const SPARSE_STEP = 7

/**
 * The samples from `from` up to, but not including, `to`, series by series, as OpenMetrics with timestamps.
 *
 * Recorded series are complete. Of scraped ones, gauges are left out and counters thinned where they are old: windows of
 * an hour and longer still give a value there. The last day's counters get a sample between two, because the windows of
 * its panels are five minutes.
 */
export function* openMetrics({ grid, scraped, recorded }: Past, from: number, to: number): Generator<string> {
	const end = timeAt(grid, grid.count - 1)
	yield* lines(recorded, grid, from, to, () => 1)
	const keeps = (name: string) => (time: number) => {
		if (time > end - FULL) return isCounter(name) ? 0.5 : 1
		if (time > end - DENSE) return isCounter(name) ? DENSE_STEP : 1
		return isCounter(name) ? SPARSE_STEP : 0
	}
	for (const [name, columns] of scraped) yield* lines(new Map([[name, columns]]), grid, from, to, keeps(name))
	yield "# EOF\n"
}

/** The samples of a past, for its blocks. */
export const samplesOf = (past: Past): Samples => ({
	start: past.grid.start,
	end: timeAt(past.grid, past.grid.count - 1),
	between: (from, to) => openMetrics(past, from, to),
})

/** Whether a series of this name counts: a counter, or a part of a histogram. */
export const isCounter = (name: string) => /_(?:total|bucket|count|sum)$/.test(name)

function* lines(
	columns: Columns,
	grid: Grid,
	from: number,
	to: number,
	everyAt: (time: number) => number,
): Generator<string> {
	const first = Math.max(0, Math.ceil((from - grid.start) / grid.step))
	const last = Math.min(grid.count, Math.ceil((to - grid.start) / grid.step))
	const steps = Array.from({ length: Math.max(0, last - first) }, (_, i) => {
		const time = timeAt(grid, first + i)
		return { index: first + i, time, every: everyAt(time) }
	})
	for (const [name, all] of columns)
		for (const { labels, values } of all) {
			const head = `${name}${labelText(labels)} `
			const text: string[] = []
			for (const { index, time, every } of steps) {
				const value = values[index] ?? Number.NaN
				if (every === 0 || (every > 1 && index % every !== 0) || Number.isNaN(value)) continue
				text.push(`${head}${value} ${time}\n`)
				const next = values[index + 1] ?? Number.NaN
				const middle = time + grid.step / 2
				if (every < 1 && !Number.isNaN(next) && middle < to) text.push(`${head}${between(value, next)} ${middle}\n`)
			}
			yield text.join("")
		}
}

/** Whole numbers stay whole, so that buckets keep their order. */
function between(before: number, after: number): number {
	const middle = (before + after) / 2
	return Number.isInteger(before) && Number.isInteger(after) ? Math.floor(middle) : middle
}

function labelText(labels: Column["labels"]): string {
	const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
	return pairs.length === 0 ? "" : `{${pairs.join(",")}}`
}
