import { describe, expect, it } from "vitest"
import { Tally } from "../../core/metrics/durable.ts"
import { LabelFolder } from "../../core/metrics/labels.ts"
import { type RowState, SETTLE_MS } from "../kit/stream.ts"
import { insightStream } from "./analysis.ts"
import { improvementStream } from "./improvements.ts"
import { modelName, sessionStream } from "./sessions.ts"

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

type RowOf<S extends { take: (row: never, ...rest: never[]) => unknown }> = Parameters<S["take"]>[0]
type SessionRow = RowOf<typeof sessionStream>
type ImprovementRow = RowOf<typeof improvementStream>

const session = (over: Partial<SessionRow>): SessionRow => ({
	provider: "own",
	seq: 1,
	status: "running",
	model: "m",
	started_at: 1_000,
	ended_at: 1_100,
	updated_at: 1_100,
	input_tokens: 0,
	output_tokens: 0,
	cache_read_tokens: 0,
	cache_creation_tokens: 0,
	cost_usd: 0,
	unusable: null,
	...over,
})

it("an insight counts under one category, in whatever case and spaces it is written", () => {
	const insight = (category: string | null): RowOf<typeof insightStream> => ({
		provider: "own",
		seq: 1,
		kind: "insight",
		category,
		confidence: null,
	})
	const written = ["error handling", " Error  Handling", "ERROR\nHANDLING", "", null]
	const { totals } = follow(
		insightStream.take,
		written.map((category) => [insight(category), 0] as const),
	)
	expect(totals).toEqual({
		'autonomous_insights_total {"category":"error_handling"}': 3,
		'autonomous_insights_total {"category":"unknown"}': 2,
	})
})

describe("a session", () => {
	it("counts its tokens as they grow, never backwards, each under the model it has at that moment", () => {
		const { totals } = follow(sessionStream.take, [
			[session({ input_tokens: 10, output_tokens: 1, cost_usd: 0.5 }), 0],
			[session({ input_tokens: 4, output_tokens: 1, cost_usd: 0.25 }), 1],
			[session({ input_tokens: 15, output_tokens: 1, cost_usd: 0.75, model: "n" }), 2],
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
		const more = session({ status: "completed", input_tokens: 7 })
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

	it("has the histograms of its columns observed once, when it ends, where it has the column", () => {
		const at = 1_100_000
		const { totals } = follow(sessionStream.take, [
			[{ ...session({}), turns: 3 } as SessionRow, at],
			[{ ...session({ status: "completed" }), turns: 4 } as SessionRow, at + 1],
			[{ ...session({ status: "completed" }), turns: 5 } as SessionRow, at + 2],
		])
		expect(totals).toMatchObject({
			"autonomous_session_turns_sum {}": 4,
			'autonomous_session_turns_bucket {"le":"5"}': 1,
		})
		expect(sessionStream.columns).toContain("turns")
		const without = follow(sessionStream.take, [[session({ status: "completed" }), at]])
		expect(Object.keys(without.totals).filter((name) => name.includes("turns"))).toEqual([])
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
	proposed_at: 0,
	validated_at: null,
	deployed_at: null,
	rolled_back_at: null,
	measured_at: null,
	performance_change: null,
	cost_savings_usd: null,
	...over,
})

describe("an improvement", () => {
	it("that is first seen deployed has been proposed and validated as well", () => {
		const { totals } = follow(improvementStream.take, [[improvement({ deployed_at: 0 }), 0]])
		expect(totals).toEqual({
			'autonomous_improvements_total {"stage":"proposed"}': 1,
			'autonomous_improvements_total {"stage":"validated"}': 1,
			'autonomous_improvements_total {"stage":"deployed"}': 1,
		})
	})

	it("counts each stage once, its measured change once, and savings as they grow", () => {
		const deployed = improvement({ validated_at: 0, deployed_at: 0, status: "deployed" })
		const measured = { ...deployed, measured_at: 0, performance_change: -0.25, cost_savings_usd: 2 }
		const { state, totals } = follow(improvementStream.take, [
			[improvement({}), 0],
			[improvement({ validated_at: 0 }), 1],
			[deployed, 2],
			[measured, 3],
			[{ ...measured, cost_savings_usd: 3 }, 4],
			[{ ...measured, cost_savings_usd: 1, rolled_back_at: 0, status: "rolled_back" }, SETTLE_MS + 1],
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
