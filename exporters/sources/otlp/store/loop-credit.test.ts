import { describe, expect, it } from "vitest"
import { LoopCredit, type LoopTime } from "./loop-credit.ts"

function loopOf() {
	let time: LoopTime = { now: 0, idle: 0, active: 0, cpu: 0 }
	const credit = new LoopCredit(
		() => time,
		() => time.now,
	)
	const pass = ({ idle = 0, active = 0, cpu = active }: Partial<LoopTime>) => {
		const { now } = time
		time = { now: now + idle + active, idle: time.idle + idle, active: time.active + active, cpu: time.cpu + cpu }
	}
	const work = (ms: number) => credit.spend(() => pass({ active: ms }))
	return { credit, pass, work }
}

describe("the store's time of the event loop", () => {
	it("is all that a busy intake leaves idle", () => {
		const { credit, pass, work } = loopOf()
		credit.arrived()
		work(130)
		credit.arrived()
		expect(credit.wait()).toBe(24) // 130 of 100, of which it may have a twentieth
		pass({ idle: 25 })
		expect(credit.wait()).toBe(0)
	})

	it("is a twentieth where the intake leaves nothing", () => {
		const { credit, pass, work } = loopOf()
		work(140)
		const waits = Array.from({ length: 3 }, () => {
			pass({ active: 100 })
			credit.arrived()
			return credit.wait()
		})
		expect(waits).toEqual([28, 23, 18])
	})

	it("is a twentieth where the machine has no processor to spare, however idle the loop seems", () => {
		const { credit, pass, work } = loopOf()
		work(140)
		credit.arrived()
		expect(credit.wait()).toBe(33)
		pass({ idle: 100, active: 50, cpu: 10 })
		credit.arrived()
		expect(credit.wait()).toBe(26)
	})

	it("is all of it when nothing arrives", () => {
		const { credit, pass, work } = loopOf()
		credit.arrived()
		work(500)
		credit.arrived()
		expect(credit.wait()).toBe(50)
		pass({ idle: 210, active: 50, cpu: 5 })
		expect(credit.wait()).toBe(0)
	})

	it("is spent by work that fails as well", () => {
		const { credit, pass } = loopOf()
		expect(() =>
			credit.spend(() => {
				pass({ active: 120 })
				throw new Error("no")
			}),
		).toThrow("no")
		credit.arrived()
		expect(credit.wait()).toBeGreaterThan(0)
	})
})
