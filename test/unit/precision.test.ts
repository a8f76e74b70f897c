import { describe, expect, it } from "vitest"
import { createHistory, OF_A_DAY } from "../precision/history.ts"
import { episodesOf } from "../precision/hold.ts"
import { SLOW_INCIDENTS } from "../precision/kinds/slow.ts"
import { alertingRules, recordingsFor } from "../precision/rules.ts"
import { INCIDENTS } from "../precision/schedule.ts"
import { scoreFirings, totals } from "../precision/score.ts"
import { createWorld, DAY, HOUR, STEP } from "../precision/world.ts"

const times = Array.from({ length: 40 }, (_, i) => i * 15)
const trueIn = (...spans: readonly (readonly [number, number])[]) =>
	new Set(times.filter((time) => spans.some(([from, until]) => time >= from && time < until)))

describe("what Prometheus makes of a condition", () => {
	it("fires after the duration, and begins again after a gap", () => {
		const durations = { forSeconds: 60, keepSeconds: 0 }
		expect(episodesOf(trueIn([0, 60], [75, 150]), times, durations)).toEqual([{ from: 135, until: 150 }])
		expect(episodesOf(trueIn([0, 60]), times, durations)).toEqual([])
	})

	it("keeps firing over a gap that is short enough, and says so when it fires at the end", () => {
		const durations = { forSeconds: 0, keepSeconds: 45 }
		expect(episodesOf(trueIn([30, 60], [90, 120]), times, durations)).toEqual([{ from: 30, until: 165 }])
		expect(episodesOf(trueIn([540, 600]), times, durations)).toEqual([{ from: 540, until: undefined }])
	})
})

describe("scores", () => {
	const rules = [{ alert: "worker_down", labels: { severity: "warning" } }]
	const label = { alert: "worker_down", from: 1_000, until: 2_000, cause: "a dead worker", labels: { worker: "a" } }
	const firing = (from: number, worker: string) => ({
		alert: "worker_down",
		from,
		until: from + 60,
		labels: { severity: "warning", worker },
	})

	it("count a firing as wrong before the incident, long after it, and for another instance", () => {
		const firings = [firing(900, "a"), firing(1_100, "a"), firing(2_100, "a"), firing(9_000, "a"), firing(1_100, "b")]
		const { alerts, wrong, missed } = scoreFirings(rules, firings, [{ ...label, required: true }])
		expect(wrong.map(({ from, labels }) => [from, labels.worker])).toEqual([
			[900, "a"],
			[9_000, "a"],
			[1_100, "b"],
		])
		expect(missed).toEqual([])
		expect(alerts).toMatchObject([{ fired: 5, right: 2, incidents: 1, found: 1, delays: [100] }])
		expect(totals(alerts)).toEqual({ fired: 5, right: 2, incidents: 1, found: 1 })
	})

	it("count an incident as missed when only another instance fired, unless it may fire only", () => {
		const { missed } = scoreFirings(rules, [firing(1_100, "b")], [{ ...label, required: true }])
		expect(missed).toHaveLength(1)
		expect(scoreFirings(rules, [], [{ ...label, required: false }]).missed).toEqual([])
	})
})

describe("a labelled history", () => {
	const history = createHistory(7, 0.25)

	it("has every series that the alerts and their recording rules read, with the labels that they match", () => {
		const alerts = alertingRules()
		const recordings = recordingsFor(alerts.map(({ expr }) => expr))
		const expressions = [...alerts, ...recordings].map(({ expr }) => expr)
		const selectors = expressions.flatMap((expr) => [
			...expr.matchAll(/\b((?:autonomous|observatory|prometheus|alertmanager)_\w+|up)\b(?:\{([^}]*)\})?/g),
		])
		const recorded = new Set(recordings.map(({ record }) => record))
		const lacking = selectors.filter(([, name = "", inside = ""]) => {
			const equal = [...inside.matchAll(/(\w+)="([^"]*)"/g)]
			return (
				![...recorded].some((record) => record.startsWith(`${name}:`) || record.includes(`:${name}`)) &&
				!history.columns.some(
					(column) => column.name === name && equal.every(([, label = "", value]) => column.labels[label] === value),
				)
			)
		})
		expect([...new Set(lacking.map(([text]) => text))]).toEqual([])
	})

	it("is the same for the same seed, and another for another", () => {
		const digest = (seed: number) => {
			const { columns, labels } = createHistory(seed, 0.25)
			return JSON.stringify([labels, columns.map(({ values }) => values.reduce((sum, v) => sum + (v || 0), 0))])
		}
		const first = digest(3)
		expect(digest(3) === first).toBe(true)
		expect(digest(4) === first).toBe(false)
	})

	it("requires each alert of at least one kind of incident, or of the cost and compliance of a day", () => {
		const world = createWorld(5, { start: 0, count: (2 * DAY) / STEP })
		for (const kind of [...INCIDENTS, ...SLOW_INCIDENTS]) kind.play(world, HOUR)
		const required = new Set(world.labels.flatMap((label) => (label.required ? [label.alert] : [])))
		for (const label of history.labels) required.add(label.alert)
		const lacking = alertingRules().filter(({ alert }) => !required.has(alert) && !OF_A_DAY.includes(alert))
		expect(lacking.map(({ alert }) => alert)).toEqual([])
	})
})
