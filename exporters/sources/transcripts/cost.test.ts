import { describe, expect, it } from "vitest"
import { costOfSession, type SessionSpending, type Spending, type Statement } from "./cost.ts"
import { parsePrices } from "./prices.ts"

const table = parsePrices("prices:\n  - { model: known, input: 2, output: 10 }", "p.yaml")
const tokens = (input: number, output = 0) => ({
	input,
	output,
	cacheRead: 0,
	cacheCreation: 0,
	cacheWrite5m: 0,
	cacheWrite1h: 0,
	webSearches: 0,
})
const START = new Date(1_000_000)
const answers = (run: string, model: string, input: number, more: Partial<Spending> = {}): Spending => ({
	run,
	model,
	agent: "main",
	parent: "none",
	tokens: tokens(input),
	knownUsd: undefined,
	stated: false,
	...more,
})
const said = (model: string, input: number, costUsd: number, more: Partial<Statement> = {}): Statement => ({
	session: "s",
	model,
	tokens: tokens(input),
	costUsd,
	startedAt: START,
	...more,
})
function cost(spending: Spending[], statements: Statement[] = [], more: Partial<SessionSpending> = {}) {
	const { usd, unpriced } = costOfSession(
		{ runs: ["s"], startedAt: START, shared: false, spending, statements, ...more },
		table,
	)
	const rounded = [...usd].map(([run, dollars]) => [run, Number(dollars.toFixed(9))])
	return { ...Object.fromEntries(rounded), unpriced: Object.fromEntries(unpriced) }
}

describe("costOfSession", () => {
	it("is what Claude Code says, whether or not the table has the model", () => {
		expect(cost([answers("s", "new", 100)], [said("new", 100, 7)])).toEqual({ s: 7, unpriced: {} })
		expect(cost([answers("s", "known", 100, { knownUsd: 1 })], [said("known", 100, 7)])).toEqual({ s: 7, unpriced: {} })
	})

	it("is divided among the agents that spent it, by what their answers cost", () => {
		const by = (agent: string, input: number, knownUsd?: number) =>
			answers("s", "known", input, { agent, parent: agent === "main" ? "none" : "main", knownUsd })
		const sharesOf = (spending: Spending[], statements: Statement[]) =>
			costOfSession({ runs: ["s"], startedAt: START, shared: false, spending, statements }, table).shares
		expect(sharesOf([by("main", 300, 3), by("Explore", 100, 1)], [said("known", 400, 8)])).toEqual([
			{ run: "s", agent: "main", parent: "none", usd: 6 },
			{ run: "s", agent: "Explore", parent: "main", usd: 2 },
		])
		// Titles and the like are in no transcript.
		expect(sharesOf([by("Explore", 100, 1)], [said("small", 5, 0.5)])).toEqual([
			{ run: "s", agent: "main", parent: "none", usd: 0.5 },
			{ run: "s", agent: "Explore", parent: "main", usd: 1 },
		])
	})

	it("is what the lines themselves say, before anything else", () => {
		const line = answers("s", "known", 100, { knownUsd: 3, stated: true })
		expect(cost([line, answers("s", "known", 10, { knownUsd: 1 })])).toEqual({ s: 4, unpriced: {} })
	})

	it("is the table's without a statement, and names the tokens that have no price", () => {
		expect(cost([answers("s", "known", 100, { knownUsd: 3 }), answers("s", "new", 50)])).toEqual({
			s: 3,
			unpriced: { new: 50 },
		})
	})

	it("grows in proportion with answers that the statement does not cover, as of a parallel process", () => {
		expect(cost([answers("s", "new", 150)], [said("new", 100, 10)])).toEqual({ s: 15, unpriced: {} })
	})

	it("includes work that the transcript does not show", () => {
		expect(cost([answers("s", "new", 100)], [said("new", 110, 11), said("titles", 5, 1)])).toEqual({
			s: 12,
			unpriced: {},
		})
	})

	it("is the answers' share when the statement covers other sessions too", () => {
		const statements = [said("new", 400, 40), said("titles", 5, 1)]
		expect(cost([answers("s", "new", 100)], statements, { shared: true })).toEqual({ s: 10, unpriced: {} })
		const earlier = new Date(START.getTime() - 3_600_000)
		expect(cost([answers("s", "new", 100)], [said("new", 400, 40, { startedAt: earlier })])).toEqual({
			s: 10,
			unpriced: {},
		})
	})

	it("is divided among the runs, and a fast answer bears its price", () => {
		const runs = ["s", "s#2"]
		expect(cost([answers("s", "new", 100), answers("s#2", "new", 300)], [said("new", 400, 8)], { runs })).toEqual({
			s: 2,
			"s#2": 6,
			unpriced: {},
		})
		const both = [answers("s", "known", 100, { knownUsd: 1 }), answers("s#2", "known", 100, { knownUsd: 6 })]
		expect(cost(both, [said("known", 200, 14)], { runs })).toEqual({ s: 2, "s#2": 12, unpriced: {} })
	})

	it("ignores a statement that says nothing", () => {
		expect(cost([answers("s", "new", 100)], [said("new", 100, 0)])).toEqual({ s: 0, unpriced: { new: 100 } })
		expect(cost([answers("s", "known", 100, { knownUsd: 2 })], [said("known", 0, 9)])).toEqual({ s: 2, unpriced: {} })
	})
})
