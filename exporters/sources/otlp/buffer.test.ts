import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type Work, WorkBuffer } from "./buffer.ts"

const work = (units: number, done: (unit: number) => void = () => undefined, more: Partial<Work> = {}): Work => ({
	units,
	bytes: 1,
	records: () => 1,
	process: done,
	...more,
})
const buffer = (records: number, bytes = 1_000) =>
	new WorkBuffer(
		{ records, bytes },
		() => Date.now(),
		() => undefined,
	)

describe("WorkBuffer", () => {
	it("processes all that it accepted, in order, and is empty then", async () => {
		const waiting = buffer(100)
		const done: number[] = []
		waiting.offer(work(40, (unit) => done.push(unit)))
		waiting.offer(work(40, (unit) => done.push(100 + unit)))
		expect(waiting.utilization()).toBeCloseTo(0.8)
		await waiting.drained()
		expect(done).toEqual([...Array(40).keys(), ...[...Array(40).keys()].map((unit) => unit + 100)])
		expect(waiting.utilization()).toBe(0)
	})

	it("takes nothing of what is too large in bytes", () => {
		expect(buffer(100, 10).offer(work(5, undefined, { bytes: 11 }))).toBe(0)
	})

	it("lets others run between its slices", async () => {
		const waiting = buffer(1_000)
		let turns = 0
		const tick = () => {
			turns++
			if (waiting.utilization() > 0) setImmediate(tick)
		}
		waiting.offer(
			work(300, () => {
				const end = performance.now() + 0.2
				while (performance.now() < end);
			}),
		)
		setImmediate(tick)
		await waiting.drained()
		expect(turns).toBeGreaterThan(3)
	})

	it("never holds more records than it may, and what it accepts is what it processes", async () => {
		const offers = fc.array(fc.array(fc.nat(4), { maxLength: 30 }), { maxLength: 20 })
		await fc.assert(
			fc.asyncProperty(offers, fc.integer({ min: 1, max: 40 }), async (parcels, max) => {
				const waiting = buffer(max)
				let accepted = 0
				let processed = 0
				for (const sizes of parcels) {
					const records = (unit: number) => sizes[unit] ?? 0
					const units = waiting.offer(work(sizes.length, (unit) => (processed += records(unit)), { records }))
					accepted += sizes.slice(0, units).reduce((sum, n) => sum + n, 0)
					expect(waiting.utilization()).toBeLessThanOrEqual(1)
				}
				await waiting.drained()
				expect(processed).toBe(accepted)
			}),
		)
	})
})
