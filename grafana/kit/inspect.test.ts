import { describe, expect, it } from "vitest"
import { promql } from "../../core/catalogue/promql.ts"
import { databaseSize } from "../../core/catalogue/subjects/database.ts"
import type { PromQL } from "../../core/catalogue/types.ts"
import type { Board } from "./board.ts"
import { inspect } from "./inspect.ts"
import { band, type Item, on12 } from "./layout.ts"
import { formula } from "./query.ts"
import { stat } from "./visuals.ts"

const board = (items: Item[], own: Partial<Board> = {}): Board => ({
	uid: "one",
	title: "One",
	role: "operations",
	description: "A board.",
	refresh: "1m",
	from: "now-1h",
	next: [],
	items,
	...own,
})

const panel = (key: string, expr: PromQL = promql`${databaseSize}`, detail?: string) =>
	stat({
		key,
		title: key,
		empty: "Nothing",
		shows: [formula(expr, { measure: "bytes", legend: key, meaning: "Size." })],
		...(detail ? { detail } : {}),
	})

describe("inspect", () => {
	it("finds no problem in a sound board", () => {
		expect(inspect([board([band(4, panel("a"), panel("b"))])])).toEqual([])
	})

	it("names panels that overlap", () => {
		expect(inspect([board([on12(0, 0, 6, 2, panel("a")), on12(5, 1, 6, 2, panel("b"))])])).toEqual([
			'one: "a" and "b" overlap',
		])
	})

	it("names a panel that reaches beyond the grid", () => {
		expect(inspect([board([on12(8, 0, 6, 2, panel("wide"))])])).toEqual(['one: "wide" does not lie within 24 columns'])
	})

	it("names two panels with one key, which would have one id", () => {
		expect(inspect([board([band(4, panel("a"), panel("a"))])])).toEqual([
			expect.stringMatching(/^one: two panels have the id \d+; rename a key$/),
		])
	})

	it("names two boards at one address", () => {
		expect(inspect([board([]), board([])])).toEqual(["two boards have the uid one"])
	})

	it("names a link that leads nowhere and one that leads to its own board", () => {
		const items = [band(4, panel("a", undefined, "gone"), panel("b", undefined, "one"))]
		expect(inspect([board(items)])).toEqual([
			"one: a link leads to gone, which is no board",
			"one: a link leads to the board itself",
		])
	})

	it("shows the place where PromQL does not parse", () => {
		expect(inspect([board([band(4, panel("a", promql`sum(${databaseSize}`))])])).toEqual([
			expect.stringContaining('"a" has PromQL that does not parse, near "'),
		])
	})

	it("names a metric that is not in the catalogue", () => {
		expect(inspect([board([band(4, panel("a", promql`${databaseSize} / autonomous_made_up`))])])).toEqual([
			'one: "a" asks for autonomous_made_up, which is not catalogued',
		])
	})
})
