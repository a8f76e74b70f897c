import { type Random, seededRandom } from "../../demo/work/random.ts"

/** Seconds between two scrapes, and between two evaluations of the alerts. */
export const STEP = 15
export const MINUTE = 60
export const HOUR = 3_600
export const DAY = 86_400

/** Scrapes of a history; `start` in seconds since the epoch. */
export interface Scrapes {
	readonly start: number
	readonly count: number
}

export const timeOf = ({ start }: Scrapes, index: number): number => start + index * STEP
export const indexAt = ({ start, count }: Scrapes, time: number): number =>
	Math.min(count, Math.max(0, Math.ceil((time - start) / STEP)))

/** A span of time in which an alert may fire, and has to when `required`; in seconds since the epoch. */
export interface Label {
	readonly alert: string
	/** Labels that the alert's instance has; others may differ. */
	readonly labels: Readonly<Record<string, string>>
	readonly from: number
	readonly until: number
	readonly required: boolean
	/** The kind of incident. */
	readonly cause: string
}

/** Something that happens to the system. An innocent one has no label: nothing may fire because of it. */
export interface Kind {
	readonly name: string
	/** Kinds of the same subject never overlap. */
	readonly subject: string
	/** Plays it from a time on. @returns when it ends */
	play(world: World, at: number): number
}

type Labels = Readonly<Record<string, string>>

/** The system of which the series are made: levels at each scrape, and events. */
export interface World {
	readonly scrapes: Scrapes
	readonly random: Random
	/** Levels that were set; NaN where a level is as usual. */
	readonly levels: ReadonlyMap<string, Float64Array>
	/** How often each event happened before each scrape and after the one before. */
	readonly events: ReadonlyMap<string, Float64Array>
	readonly labels: readonly Label[]
	set(level: string, from: number, until: number, value: number | ((time: number) => number)): void
	happen(event: string, time: number, count?: number): void
	/** The alert has to fire between both times, or before it has forgotten. */
	expect(alert: string, from: number, until: number, labels?: Labels): void
	/** The alert may fire: it is a symptom of the same cause. */
	permit(alert: string, from: number, until: number, labels?: Labels): void
	/** A random duration in seconds, a whole number of scrapes. */
	lasting(lowMinutes: number, highMinutes: number): number
	/** Names the incident that the next labels belong to. */
	begin(cause: string): void
}

export function createWorld(seed: number, scrapes: Scrapes): World {
	const random = seededRandom(seed)
	const levels = new Map<string, Float64Array>()
	const events = new Map<string, Float64Array>()
	const labels: Label[] = []
	let cause = ""
	const column = (of: Map<string, Float64Array>, name: string, value: number) => {
		const found = of.get(name)
		if (found) return found
		const made = new Float64Array(scrapes.count).fill(value)
		of.set(name, made)
		return made
	}
	const label = (required: boolean) => (alert: string, from: number, until: number, of: Labels) => {
		labels.push({ alert, labels: of, from, until, required, cause })
	}
	return {
		scrapes,
		random,
		levels,
		events,
		labels,
		set(level, from, until, value) {
			const values = column(levels, level, Number.NaN)
			for (let i = indexAt(scrapes, from); i < indexAt(scrapes, until); i++)
				values[i] = typeof value === "number" ? value : value(timeOf(scrapes, i))
		},
		happen(event, time, count = 1) {
			const values = column(events, event, 0)
			const at = indexAt(scrapes, time)
			if (at < values.length) values[at] = (values[at] ?? 0) + count
		},
		expect: (alert, from, until, of = {}) => label(true)(alert, from, until, of),
		permit: (alert, from, until, of = {}) => label(false)(alert, from, until, of),
		lasting: (low, high) => Math.max(1, Math.round((random.between(low, high) * MINUTE) / STEP)) * STEP,
		begin(of) {
			cause = of
		},
	}
}
