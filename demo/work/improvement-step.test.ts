import { describe, expect, it } from "vitest"
import { pastSteps } from "../seed/steps.ts"
import { type ImprovementPath, improvementPath } from "./improvement-path.ts"
import { type ImprovementState, nextStep } from "./improvement-step.ts"

const pace = { scaled: (ms: number) => ms }
const at = (ms: number) => new Date(ms)
const proposed: ImprovementState = {
	status: "proposed",
	proposedAt: at(0),
	validatedAt: null,
	deployedAt: null,
	measuredAt: null,
	rollbackStartedAt: null,
	rollbackFinishedAt: null,
}
const path: ImprovementPath = {
	...improvementPath(1),
	approved: true,
	reviewMs: 100,
	deployMs: 50,
	measureMs: 70,
	rollback: { trigger: "automatic", ms: 30, succeeds: true },
}

describe("the next step of an improvement", () => {
	it("is the review's decision when it is due, unless the reviewers are away", () => {
		expect(nextStep(proposed, path, 99, pace, false)).toBeUndefined()
		expect(nextStep(proposed, path, 100, pace, false)).toBe("decide")
		expect(nextStep(proposed, path, 100_000, pace, true)).toBeUndefined()
	})

	it("goes from validation to deployment to measurement to the end of a rollback", () => {
		const validated = { ...proposed, status: "validated", validatedAt: at(100) }
		expect(nextStep(validated, path, 149, pace, true)).toBeUndefined()
		expect(nextStep(validated, path, 150, pace, true)).toBe("deploy")
		const deployed = { ...validated, status: "deployed", deployedAt: at(150) }
		expect(nextStep(deployed, path, 219, pace, false)).toBeUndefined()
		expect(nextStep(deployed, path, 220, pace, false)).toBe("measure")
		const measured = { ...deployed, measuredAt: at(220), rollbackStartedAt: at(220) }
		expect(nextStep(measured, path, 249, pace, false)).toBeUndefined()
		expect(nextStep(measured, path, 250, pace, false)).toBe("finish_rollback")
		expect(nextStep({ ...measured, rollbackFinishedAt: at(250) }, path, 999, pace, false)).toBeUndefined()
	})

	it("is none for a rejected or rolled back improvement", () => {
		expect(nextStep({ ...proposed, status: "rejected" }, path, 1e9, pace, false)).toBeUndefined()
		expect(nextStep({ ...proposed, status: "rolled_back" }, path, 1e9, pace, false)).toBeUndefined()
	})

	it("comes sooner at a faster pace", () => {
		expect(nextStep(proposed, path, 10, { scaled: (ms) => ms / 10 }, false)).toBe("decide")
	})
})

describe("the paths of improvements", () => {
	const paths = Array.from({ length: 2_000 }, (_, seq) => improvementPath(seq))

	it("are the same for the same number", () => {
		expect(improvementPath(42)).toEqual(improvementPath(42))
	})

	it("are mostly approved, mostly gains, and rolled back only after a regression", () => {
		const share = (matches: (path: ImprovementPath) => boolean) => paths.filter(matches).length / paths.length
		expect(share(({ approved }) => approved)).toBeGreaterThan(0.8)
		expect(share(({ rollback }) => rollback !== undefined)).toBeGreaterThan(0.04)
		expect(share(({ rollback }) => rollback !== undefined)).toBeLessThan(0.12)
		for (const each of paths) expect(each.performanceChange < 0).toBe(each.rollback !== undefined)
	})

	it("keep the order of their steps in the history", () => {
		for (const each of paths.slice(0, 200)) {
			const { at: when, status, rollback } = pastSteps(each, at(1_000))
			const order = [at(1_000), when.decided, when.validated, when.deployed, when.measured, when.rolledBack]
			const times = order.filter((time) => time !== null).map((time) => time.getTime())
			expect(times).toEqual([...times].sort((a, b) => a - b))
			expect(status === "rolled_back").toBe(when.rolledBack !== null)
			if (!each.approved) expect([when.deployed, rollback]).toEqual([null, undefined])
		}
	})
})
