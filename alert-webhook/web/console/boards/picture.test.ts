import { describe, expect, it } from "vitest"
import { panelsOf, parseBoard } from "../../../domain/boards/model.ts"
import { withGaps } from "./lines.ts"
import { pictureOf } from "./picture.ts"
import { boardStyle } from "./style.ts"

const MINUTE = 60_000
const range = { from: 0, to: 60 * MINUTE, step: MINUTE }
const series = (name: string, ...values: number[]) => ({
	refId: "A",
	name,
	points: values.map((value, i) => ({ at: i * MINUTE, value })),
})

function panelOf(type: string, more: object = {}) {
	const gridPos = { x: 0, y: 0, w: 12, h: 8 }
	const board = parseBoard({ uid: "x", title: "X", panels: [{ id: 1, type, title: "A & B", gridPos, ...more }] }, "")
	const [panel] = panelsOf(board)
	if (!panel) throw new Error("the board has no panel")
	return panel
}

const thresholds = {
	steps: [
		{ value: null, color: "red" },
		{ value: 90, color: "green" },
	],
}

/** Whether every tag closes and every attribute is quoted, as XML demands of a picture. */
function isWellFormed(svg: string): boolean {
	const open: string[] = []
	const tag = /<(\/?)([a-zA-Z]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/gy
	for (let at = 0; at < svg.length; ) {
		const next = svg.indexOf("<", at)
		if (next < 0) break
		tag.lastIndex = next
		const found = tag.exec(svg)
		if (!found) return false
		if (found[1]) {
			if (open.pop() !== found[2]) return false
		} else if (!found[4]) open.push(found[2] ?? "")
		at = tag.lastIndex
	}
	return open.length === 0
}

describe("a picture", () => {
	const data = {
		kind: "series" as const,
		series: [series('say "<hi>" & go', 95, 96, 97), series("two", 1, 2, 3)],
		dropped: 0,
		...range,
	}

	it.each([
		["timeseries", "two"],
		["gauge", "97%"],
		["bargauge", "97%"],
		["heatmap", "two"],
		["state-timeline", "two"],
	])("of type %s is well-formed SVG in the reader's theme, and says %s", (type, text) => {
		const panel = panelOf(type, { fieldConfig: { defaults: { unit: "percent", max: 100, thresholds } } })
		for (const width of ["wide", "narrow"] as const) {
			const svg = pictureOf(panel, data, width)
			expect(isWellFormed(svg), svg).toBe(true)
			expect(svg).toContain(`>${text}<`)
			expect(svg).toContain("<title>A &amp; B</title>")
			expect(svg).toContain('fill="var(--')
			expect(svg).toContain("prefers-color-scheme:dark")
			expect(svg).not.toMatch(/<script|href=|NaN/)
		}
	})

	it("says why it is empty", () => {
		const panel = panelOf("timeseries", { fieldConfig: { defaults: { noValue: "No session <yet>" } } })
		const empty = { ...data, series: [] }
		expect(pictureOf(panel, empty, "wide")).toContain("No session &lt;yet&gt;")
		expect(pictureOf(panel, { kind: "problem", message: "It is down.", advice: "" }, "wide")).toContain("It is down.")
	})

	it("names the lines that fit into a third of it, and counts the others", () => {
		const many = Array.from({ length: 40 }, (_, i) => series(`worker number ${i}`, i))
		const svg = pictureOf(panelOf("timeseries"), { ...data, series: many }, "narrow")
		const named = svg.match(/>worker number \d+</g)?.length ?? 0
		expect(named).toBeGreaterThan(3)
		expect(svg).toContain(`>+${40 - named} more<`)
	})

	it("leaves out the cells that the heatmap filters", () => {
		const cells = (le: number) =>
			pictureOf(
				panelOf("heatmap", { options: { filterValues: { le } } }),
				{ ...data, series: [series("a", 0, 0, 5)] },
				"wide",
			).split("var(--sheet)").length
		expect(cells(-1) - cells(0)).toBe(2)
	})

	it("has the steps of a line, a gap where some are missing, and a dot where one is alone", () => {
		const points = [0, 1, 5].map((minute) => ({ at: minute * MINUTE, value: minute }))
		expect(withGaps({ points }, MINUTE)).toEqual([
			{ value: [0, 0], symbolSize: 0 },
			{ value: [MINUTE, 1], symbolSize: 0 },
			{ value: [2 * MINUTE, null], symbolSize: 0 },
			{ value: [5 * MINUTE, 5], symbolSize: 5 },
		])
	})
})

it("puts only numbers and colours into a board's stylesheet", () => {
	const hostile = "red;} body{display:none"
	const fieldConfig = {
		defaults: { color: { fixedColor: hostile }, thresholds: { steps: [{ value: 0, color: "#c4162a" }] } },
	}
	const gridPos = { x: 0, y: 0, w: 12, h: 8 }
	const board = parseBoard({ uid: "x", title: "X", panels: [{ id: 7, type: "stat", gridPos, fieldConfig }] }, "")
	expect(boardStyle(board)).toBe(
		".k--c4162a{--k:#c4162a;--k-ink:#ffffff}\n@media(min-width:56rem){#panel-7{grid-column:1/span 12;grid-row:span 8}}\n",
	)
})
