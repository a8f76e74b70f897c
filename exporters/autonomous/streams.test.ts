import { describe, expect, it } from "vitest"
import { Tally } from "../../core/metrics/durable.ts"
import { LabelFolder } from "../../core/metrics/labels.ts"
import { type RowState, SETTLE_MS } from "../kit/stream.ts"
import { type ImprovementRow, improvementStream } from "./improvements.ts"
import { modelName, type SessionRow, sessionStream } from "./sessions.ts"

/** Shows a row's versions to a stream one after the other, and says what came of it. */
function follow<R, S extends RowState>(
	take: (row: R, before: S | undefined, tally: Tally, now: number) => S | undefined,
	versions: readonly (readonly [R, number])[],
) {
	const tally = new Tally(new LabelFolder(() => undefined))
	let state: S | undefined
	for (const [row, now] of versions) state = take(row, state, tally, now)
	return { state, totals: Object.fromEntries(tally.totals.map((t) => [`${t.series} ${t.labels}`, t.value])) }
}

const session = (over: Partial<SessionRow>): SessionRow => ({
	provider: "own",
	seq: 1,
	status: "running",
	model: "m",
	started: 1_000,
	ended: 1_100,
	tokens: [0, 0, 0, 0],
	cost: 0,
	...over,
})

describe("a session", () => {
	it("counts its tokens as they grow, never backwards, each under the model it has at that moment", () => {
		const { totals } = follow(sessionStream.take, [
			[session({ tokens: [10, 1, 0, 0], cost: 0.5 }), 0],
			[session({ tokens: [4, 1, 0, 0], cost: 0.25 }), 1],
			[session({ tokens: [15, 1, 0, 0], cost: 0.75, model: "n" }), 2],
		])
		expect(totals).toEqual({
			"autonomous_sessions_started_total {}": 1,
			'autonomous_session_tokens_total {"model":"m","type":"input"}': 10,
			'autonomous_session_tokens_total {"model":"n","type":"input"}': 5,
			'autonomous_session_tokens_total {"model":"m","type":"output"}': 1,
			'autonomous_session_cost_usd_total {"model":"m"}': 0.5,
			'autonomous_session_cost_usd_total {"model":"n"}': 0.25,
		})
	})

	it("ends once, and takes corrections for an hour", () => {
		const ended = session({ status: "completed" })
		const more = session({ status: "completed", tokens: [7, 0, 0, 0] })
		const at = 1_100_000
		const { state, totals } = follow(sessionStream.take, [
			[session({}), at + 4],
			[ended, at + 5],
			[more, at + 5 + SETTLE_MS - 1],
		])
		expect(totals).toMatchObject({
			"autonomous_sessions_started_total {}": 1,
			'autonomous_sessions_finished_total {"outcome":"completed"}': 1,
			"autonomous_session_duration_seconds_sum {}": 100,
			'autonomous_session_tokens_total {"model":"m","type":"input"}': 7,
		})
		expect(state).toEqual({ tokens: [7, 0, 0, 0], cost: 0, until: at + 5 + SETTLE_MS })
		expect(follow(sessionStream.take, [[ended, at + SETTLE_MS]]).state).toBeUndefined()
	})

	it("of history is counted at once and not watched", () => {
		const { state, totals } = follow(sessionStream.take, [[session({ status: "failed" }), 1e12]])
		expect(state).toBeUndefined()
		expect(totals).toMatchObject({ 'autonomous_sessions_finished_total {"outcome":"failed"}': 1 })
	})

	it("in a state that is not known works", () => {
		expect(follow(sessionStream.take, [[session({ status: "active" }), 0]]).state?.status).toBe("running")
	})

	it("names its model without a context-window suffix", () => {
		expect(modelName("claude-opus-4-8[1m]")).toBe("claude-opus-4-8")
		expect(modelName("claude-haiku-4-5")).toBe("claude-haiku-4-5")
		expect(modelName(null)).toBe("unknown")
		expect(modelName("[1m]")).toBe("unknown")
	})
})

const improvement = (over: Partial<ImprovementRow>): ImprovementRow => ({
	provider: "own",
	seq: 1,
	status: "proposed",
	validated: false,
	deployed: false,
	rolledBack: false,
	measured: false,
	change: null,
	savings: 0,
	touched: 0,
	...over,
})

describe("an improvement", () => {
	it("that is first seen deployed has been proposed and validated as well", () => {
		const { totals } = follow(improvementStream.take, [[improvement({ deployed: true }), 0]])
		expect(totals).toEqual({
			'autonomous_improvements_total {"stage":"proposed"}': 1,
			'autonomous_improvements_total {"stage":"validated"}': 1,
			'autonomous_improvements_total {"stage":"deployed"}': 1,
		})
	})

	it("counts each stage once, its measured change once, and savings as they grow", () => {
		const deployed = improvement({ validated: true, deployed: true, status: "deployed" })
		const measured = { ...deployed, measured: true, change: -0.25, savings: 2 }
		const { state, totals } = follow(improvementStream.take, [
			[improvement({}), 0],
			[improvement({ validated: true }), 1],
			[deployed, 2],
			[measured, 3],
			[{ ...measured, savings: 3 }, 4],
			[{ ...measured, savings: 1, rolledBack: true, status: "rolled_back" }, SETTLE_MS + 1],
		])
		expect(totals).toEqual({
			'autonomous_improvements_total {"stage":"proposed"}': 1,
			'autonomous_improvements_total {"stage":"validated"}': 1,
			'autonomous_improvements_total {"stage":"deployed"}': 1,
			'autonomous_improvements_total {"stage":"rolled_back"}': 1,
			"autonomous_improvements_measured_total {}": 1,
			'autonomous_improvement_performance_change_ratio_total {"direction":"regression"}': 0.25,
			"autonomous_improvement_cost_savings_usd_total {}": 3,
		})
		expect(state).toBeUndefined()
	})
})
