import { describe, expect, it } from "vitest"
import type { Prometheus } from "../../core/clients/prometheus.ts"
import { ObservatoryError } from "../../core/lib/errors.ts"
import { historyReader, readElements } from "./read.ts"

const MINUTE = 60_000
const timeline = (length: number) => ({ startMs: 0, stepMs: MINUTE, length })

/** A history in which every expression has one element with the minute as its value, and refuses long ranges. */
function api(longest: number, has: (expr: string, minute: number) => boolean = () => true) {
	const asked: string[] = []
	const range: Prometheus["range"] = async (expr, { from, to, step }) => {
		const count = (to - from) / step + 1
		asked.push(`${expr} ${count}`)
		if (count > longest) throw new ObservatoryError("too_large", "too much")
		const minutes = Array.from({ length: count }, (_, i) => from / MINUTE + i).filter((minute) => has(expr, minute))
		return minutes.length === 0
			? []
			: [{ labels: {}, points: minutes.map((minute) => ({ at: minute * MINUTE, value: minute })) }]
	}
	return { asked, range }
}

describe("a history", () => {
	it("longer than Prometheus answers at once is read in parts, each instant once", async () => {
		const { range, asked } = api(11_000)
		const [element] = await readElements({ range }, "x", timeline(25_000))
		expect(asked).toEqual(["x 10000", "x 10000", "x 5000"])
		expect(element?.values.every((value, i) => value === i)).toBe(true)
	})

	it("of which a part is too much is read in halves, and gaps stay gaps", async () => {
		const { range } = api(300, (_, minute) => minute !== 7)
		const [element] = await readElements({ range }, "x", timeline(1_000))
		expect([...(element?.values ?? [])].filter((value) => Number.isNaN(value))).toHaveLength(1)
		expect(element?.values[999]).toBe(999)
	})

	it("that is refused even in small parts is an error", async () => {
		await expect(readElements(api(10), "x", timeline(1_000))).rejects.toThrow("too much")
	})
})

describe("the time that an alert was watched", () => {
	const question = (series: string[]) => ({ expr: "expr", series, threshold: undefined, alert: {} as never })

	it("counts while the scraped series were there, from the first value that the alert could read", async () => {
		const history = api(11_000, (expr, minute) => {
			if (!expr.includes("autonomous_sessions_finished_total")) return minute === 40
			return minute >= 10 && minute < 90
		})
		const answer = historyReader(history, timeline(100))
		const { observedMs } = await answer(question(["autonomous:sessions_failed:ratio_increase15m"]))
		expect(observedMs).toBe(50 * MINUTE)
	})

	it("is nothing for series that never were, and all of it for an alert that reads none", async () => {
		const answer = historyReader(
			api(11_000, () => false),
			timeline(100),
		)
		expect((await answer(question(["up"]))).observedMs).toBe(0)
		expect((await answer(question([]))).observedMs).toBe(100 * MINUTE)
	})

	it("and the values are read once for alerts that ask the same", async () => {
		const history = api(11_000)
		const answer = historyReader(history, timeline(100))
		await answer(question(["up"]))
		await answer(question(["up"]))
		expect(history.asked).toEqual(["expr 100", 'group({__name__=~"up"}) 100'])
	})
})
