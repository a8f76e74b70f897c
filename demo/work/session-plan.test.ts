import { describe, expect, it } from "vitest"
import { createSwitches } from "../control/switches.ts"
import { createScript } from "../loops/sessions.ts"
import { planRun } from "./evaluation-plan.ts"
import { costOf } from "./models.ts"
import { cadence, seededRandom } from "./random.ts"
import { planSession, type SessionPlan } from "./session-plan.ts"

const cost = ({ turns }: SessionPlan) => turns.reduce((sum, turn) => sum + turn.costUsd, 0)
const thinking = ({ turns }: SessionPlan) => turns.reduce((sum, turn) => sum + turn.thinkMs, 0)

describe("the cost of a turn", () => {
	it("is the tokens of each type at their list price", () => {
		const usage = { input: 1_000, output: 100, cacheRead: 10_000, cacheCreation: 400 }
		expect(costOf("claude-haiku-4-5", usage)).toBe(0.003)
		expect(costOf("claude-sonnet-4-5", usage)).toBe(0.009)
	})
})

describe("a healthy day of the demo", () => {
	const random = seededRandom(11)
	const script = createScript({ random, switches: createSwitches() }, 2)
	// Two workers pause 8 to 45 s between sessions; each session waits two seconds or more for each call.
	const plans: SessionPlan[] = []
	for (let second = 0; second < 86_400 * 2; ) {
		const plan = planSession(random, script.profile())
		plans.push(plan)
		second += thinking(plan) / 1_000 + plan.turns.length * 3 * 1.5 + random.between(8, 45)
	}

	it("costs well below the budget of 40 dollars, evaluations included", () => {
		const fails = cadence(random, 18, 28)
		const runs = Array.from({ length: 24 * 10 }, () => planRun(random, fails))
		const evaluations = runs.flatMap(({ tasks }) => tasks).reduce((sum, task) => sum + task.costUsd, 0)
		const total = plans.reduce((sum, plan) => sum + cost(plan), 0) + evaluations
		expect(total).toBeGreaterThan(3)
		expect(total).toBeLessThan(26)
	})

	it("never has more than one failure in twelve sessions, about a quarter of an hour", () => {
		for (let from = 0; from + 12 <= plans.length; from++)
			expect(plans.slice(from, from + 12).filter(({ outcome }) => outcome !== "completed").length).toBeLessThan(2)
		expect(plans.some(({ outcome }) => outcome !== "completed")).toBe(true)
	})

	it("starts with sessions that end within half a minute", () => {
		expect(plans.slice(0, 2).map(({ outcome }) => outcome)).toEqual(["completed", "completed"])
		for (const plan of plans.slice(0, 2)) expect(thinking(plan)).toBeLessThan(12_000)
	})
})

describe("sessions that are broken on purpose", () => {
	it("all fail within seconds", () => {
		const random = seededRandom(5)
		const switches = createSwitches()
		switches.set("sessions", true)
		const script = createScript({ random, switches }, 2)
		for (let n = 0; n < 50; n++) {
			const plan = planSession(random, script.profile())
			expect(plan.outcome).not.toBe("completed")
			expect(plan.error).toBeTruthy()
			expect(thinking(plan)).toBeLessThan(6_000)
		}
	})
})
