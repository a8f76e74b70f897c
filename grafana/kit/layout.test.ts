import { describe, expect, it } from "vitest"
import { promql } from "../../core/catalogue/promql.ts"
import { band, heading, on12, place } from "./layout.ts"
import { formula } from "./query.ts"
import { stat } from "./visuals.ts"

const panel = (key: string) =>
	stat({
		key,
		title: key,
		empty: "Nothing",
		shows: [formula(promql`vector(1)`, { measure: "count", legend: key, meaning: "One." })],
	})

const places = (...items: Parameters<typeof place>[0]) =>
	place(items).map((placed) => ["panel" in placed ? placed.panel.key : placed.heading, Object.values(placed.at)])

describe("place", () => {
	it("doubles the grid of 12 columns", () => {
		expect(place([on12(3, 2, 6, 4, panel("a"))])[0]?.at).toEqual({ x: 6, y: 4, w: 12, h: 8 })
	})

	it("puts bands and headings below everything before them", () => {
		expect(
			places(
				on12(0, 0, 6, 2, panel("a")),
				on12(6, 0, 6, 4, panel("b")),
				heading("More"),
				band(5, panel("c"), panel("d")),
			),
		).toEqual([
			["a", [0, 0, 12, 4]],
			["b", [12, 0, 12, 8]],
			["More", [0, 8, 24, 1]],
			["c", [0, 9, 12, 5]],
			["d", [12, 9, 12, 5]],
		])
	})

	it("refuses a band that does not divide the grid evenly", () => {
		expect(() => place([band(4, ...["a", "b", "c", "d", "e"].map(panel))])).toThrow(/5 panels do not divide 24 columns/)
	})
})
