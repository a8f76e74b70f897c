import { describe, expect, it } from "vitest"
import { RECORDINGS } from "../../core/catalogue/index.ts"
import { type Column, type Columns, type Grid, timeAt } from "./columns.ts"
import { joinTo, parseExposed } from "./join.ts"
import { createPast, type Past } from "./model.ts"
import { openMetrics } from "./openmetrics.ts"
import { DAY, HOUR } from "./timeline.ts"

const STEP = 240
const start = Date.UTC(2026, 0, 1) / 1_000
const grid: Grid = { start, step: STEP, count: (10 * DAY) / STEP }
const instances = { exporters: "127.0.0.1:9464", webhook: "127.0.0.1:9099" }
const past = createPast(7, grid, instances)

const flat = (columns: Columns) => [...columns].flatMap(([name, all]) => all.map((column) => ({ name, ...column })))
const indexOf = (time: number) => Math.round((time - start) / STEP)

function valuesOf(columns: Columns, name: string, labels: Column["labels"] = {}): Float64Array {
	const found = columns
		.get(name)
		?.find((each) => Object.entries(labels).every(([label, value]) => each.labels[label] === value))
	if (!found) throw new Error(`the past has no ${name}`)
	return found.values
}

const growth = (values: Float64Array, from: number, to: number) =>
	(values[indexOf(to)] ?? Number.NaN) - (values[indexOf(from)] ?? Number.NaN)

/** The text without times before `from`, and series. */
const textOf = (of: Past, from: number, to: number) => [...openMetrics(of, from, to)].join("")

describe("the demo's past", () => {
	it("is the same for the same seed, and another for another", () => {
		const short = { ...grid, count: DAY / STEP }
		const textWith = (seed: number) => textOf(createPast(seed, short, instances), start + 20 * HOUR, start + DAY)
		const text = textWith(7)
		// Compared as a whole: a difference of a million lines says nothing.
		expect(textWith(7) === text).toBe(true)
		expect(textWith(8) === text).toBe(false)
	})

	it("has counters that never fall and buckets that hold those below them", () => {
		const counters = flat(past.scraped).filter(({ name }) => /_(?:total|bucket|count|sum)$/.test(name))
		const falling = counters.filter(({ values }) => values.some((value, i) => value < (values[i - 1] ?? 0)))
		expect(falling.map(({ name }) => name)).toEqual([])
		const buckets = flat(past.scraped).filter(({ name }) => name.endsWith("_bucket"))
		const disordered = buckets.filter(({ name, labels, values }, i) => {
			const next = buckets[i + 1]
			// The buckets of a histogram follow each other, up to +Inf.
			return labels.le !== "+Inf" && next?.name === name && values.some((value, t) => value > (next.values[t] ?? 0))
		})
		expect(disordered.map(({ name, labels }) => [name, labels.le])).toEqual([])
	})

	it("knows what every recording rule makes of it, up to the last point", () => {
		// The demo has neither workers, nor GitHub, nor transcripts, nor agents that report by the conventions for generative AI.
		const without =
			/worker|github|genai|^agent:autonomous_session_|sessions_(?:waiting|looping|failing|hung):|session_wait:/
		const missing = RECORDINGS.map(({ name }) => name)
			.filter((name) => !without.test(name))
			.filter((name) => !past.recorded.get(name)?.some(({ values }) => !Number.isNaN(values.at(-1))))
		expect(missing).toEqual([])
	})

	it("shows an incident in the share of failing sessions, in detection times and on the open incidents", () => {
		const incident = past.timeline.incidents.find(({ trouble }) => trouble === "sessions")
		if (!incident) throw new Error("no session failed for long")
		const { start: begin, detected, end, severity } = incident
		const ratio = valuesOf(past.recorded, "autonomous:sessions_failed:ratio_increase15m")
		const before = ratio[indexOf(begin - STEP)] ?? Number.NaN
		expect(ratio[indexOf(end)]).toBeGreaterThan(before + 0.15)
		const open = valuesOf(past.scraped, "observatory_incidents_open", { severity })
		expect([open[indexOf(begin) - 1], open[indexOf((detected + end) / 2)], open[indexOf(end) + 1]]).toEqual([0, 1, 0])
		const detections = valuesOf(past.scraped, "observatory_incident_detection_seconds_count", { severity })
		expect(growth(detections, begin - STEP, end + STEP)).toBe(1)
	})

	it("shows a release: queries are fast again, and slow down until the next", () => {
		const [, release] = past.timeline.releases.filter((time) => time > start)
		if (release === undefined) throw new Error("nothing was released")
		const mean = (from: number, to: number) =>
			growth(valuesOf(past.scraped, "autonomous_database_probe_duration_seconds_sum"), from, to) /
			growth(valuesOf(past.scraped, "autonomous_database_probe_duration_seconds_count"), from, to)
		expect(mean(release, release + 6 * HOUR)).toBeLessThan(0.9 * mean(release - 6 * HOUR, release))
	})

	it("works less by night and at the weekend", () => {
		const started = valuesOf(past.scraped, "autonomous_sessions_started_total")
		// The first of January 2026 is a Thursday.
		const [friday, sunday, monday] = [1, 3, 4].map((day) => growth(started, start + day * DAY, start + (day + 1) * DAY))
		expect(sunday).toBeLessThan(0.95 * Math.min(friday ?? 0, monday ?? 0))
		const at = (hour: number) => past.timeline.activity(start + 4 * DAY + hour * HOUR)
		expect(at(2)).toBeLessThan(at(14))
	})

	it("ends calm: nothing is open, and nothing failed in the last hours", () => {
		const end = timeAt(grid, grid.count - 1)
		expect(past.timeline.incidents.filter((incident) => incident.end > end - 6 * HOUR)).toEqual([])
		expect(valuesOf(past.scraped, "autonomous_component_status", { status: "unhealthy" }).at(-1)).toBe(0)
	})
})

describe("its join with what exporters expose", () => {
	const exposed = parseExposed(`# TYPE autonomous_violations_total counter
autonomous_violations_total{kind="scope"} 3
autonomous_violations_total{kind="timeout"} 0
autonomous_session_duration_seconds_bucket{le="60"} 17
`)
	const joined = joinTo(exposed, past.scraped)

	it("ends at their counts, so that Prometheus sees neither a restart nor a jump", () => {
		expect(valuesOf(joined, "autonomous_violations_total", { kind: "scope" }).at(-1)).toBe(3)
		expect(valuesOf(joined, "autonomous_session_duration_seconds_bucket", { le: "60" }).at(-1)).toBe(17)
		const before = valuesOf(past.scraped, "autonomous_violations_total", { kind: "scope" })
		const after = valuesOf(joined, "autonomous_violations_total", { kind: "scope" })
		expect(growth(after, start, start + 5 * DAY)).toBe(growth(before, start, start + 5 * DAY))
	})

	it("leaves a counter as it is that starts at 0, as after a restart", () => {
		const columns = [past.scraped, joined].map((each) =>
			valuesOf(each, "autonomous_violations_total", { kind: "timeout" }),
		)
		expect(columns[1]).toBe(columns[0])
	})
})

describe("its text", () => {
	const end = timeAt(grid, grid.count - 1)

	it("has each sample once, in whichever slices it is written", () => {
		const from = end - 6 * HOUR
		const whole = textOf(past, from, end + 1)
		const slices = [from, from + 2 * HOUR, end + 1]
		const parts = slices.slice(1).map((to, i) => textOf(past, slices[i] ?? 0, to))
		const sorted = (text: string) =>
			text
				.split("\n")
				.filter((line) => !line.startsWith("#"))
				.sort()
				.join("\n")
		expect(sorted(parts.join("")) === sorted(whole)).toBe(true)
		const lines = whole.split("\n").filter((line) => line.startsWith("autonomous:health:score "))
		expect(new Set(lines).size).toBe((6 * HOUR) / STEP + 1)
	})

	it("keeps two samples in each hour of an old counter", () => {
		const lines = textOf(past, start, start + DAY).split("\n")
		const times = lines
			.filter((line) => line.startsWith("autonomous_sessions_started_total"))
			.map((line) => Number(line.split(" ").at(-1)))
		expect(times.slice(2).every((time, i) => time - (times[i] ?? 0) <= HOUR)).toBe(true)
		expect(times.length).toBeGreaterThan(48)
	})
})
