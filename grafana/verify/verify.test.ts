import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type FakeGrafana, fakeGrafana, TOKEN } from "../../test/support/grafana-api.ts"
import { listBoards, readBoard, type StoredPanel } from "../client/boards.ts"
import { createGrafana, type Grafana } from "../client/client.ts"
import { sqlText } from "../kit/variables.ts"
import { classify, isSettled } from "./classify.ts"
import type { SeenPanel } from "./page.ts"
import { checkQueries, queryOf } from "./queries.ts"
import { renderResults } from "./render.ts"
import { countFaults, isExplained, isFault, p95 } from "./result.ts"
import { heightOf } from "./visit.ts"

const panel = (noValue?: string): StoredPanel => ({
	id: 7,
	type: "stat",
	title: "Safety Score",
	targets: [],
	fieldConfig: { defaults: noValue === undefined ? {} : { noValue } },
})
const seen: SeenPanel = { title: "Safety Score", loading: false, failed: false, text: "97 %", picture: false }

describe("what a panel shows", () => {
	it.each<[string, Partial<SeenPanel>, readonly string[], object]>([
		["a value", {}, [], { state: "drawn" }],
		["a picture without words", { text: "", picture: true }, [], { state: "drawn" }],
		[
			"the words of a panel without data",
			{ instead: "No session yet" },
			[],
			{ state: "empty", message: "No session yet" },
		],
		["the words in place of a value", { text: "No data from the webhook" }, [], { state: "empty" }],
		["no data without words", { text: "No data" }, [], { state: "empty", message: "No data" }],
		[
			"a failed query",
			{ failed: true },
			["bad_data: parse error"],
			{ state: "error", message: "bad_data: parse error" },
		],
		[
			"a failure that Grafana does not mark",
			{},
			["permission denied"],
			{ state: "error", message: "permission denied" },
		],
		["a missing plugin", { text: "Panel plugin not found: x" }, [], { state: "error" }],
		["a panel that still loads", { loading: true }, [], { state: "error", message: "still loading" }],
		["nothing", { text: "" }, [], { state: "error", message: "nothing is drawn" }],
	])("is found from %s", (_, difference, errors, expected) => {
		expect(classify(panel("No data from the webhook"), { ...seen, ...difference }, errors)).toMatchObject(expected)
	})

	it("is an error where the page lacks the panel", () => {
		expect(classify(panel(), undefined, [])).toMatchObject({ state: "error" })
	})

	it("is final once it does not load and something is there", () => {
		expect(isSettled(seen)).toBe(true)
		expect(isSettled({ ...seen, loading: true })).toBe(false)
		expect(isSettled({ ...seen, text: "" })).toBe(false)
	})

	it("is a fault when it failed, or is empty without a reason in words", () => {
		const result = { id: 1, title: "x" }
		expect(isFault({ ...result, state: "drawn" })).toBe(false)
		expect(isFault({ ...result, state: "error" })).toBe(true)
		expect(isFault({ ...result, state: "empty", message: "No session yet" })).toBe(false)
		for (const words of ["No data", "No data in response", "–", "", undefined]) expect(isExplained(words)).toBe(false)
	})
})

it("the 95th percentile is the 19th of 20 values", () => {
	expect(p95(Array.from({ length: 20 }, (_, i) => 20 - i))).toBe(19)
	expect(p95([7])).toBe(7)
	expect(p95([])).toBeUndefined()
})

describe("a board in Grafana", () => {
	let fake: FakeGrafana
	let grafana: Grafana
	const prometheus = { type: "prometheus", uid: "prometheus" }
	const target = (expr: string) => ({ refId: "A", expr, datasource: prometheus })
	const board = {
		uid: "a-board",
		title: "A board",
		time: { from: "now-24h", to: "now" },
		templating: { list: [{ name: "session", current: { value: "it's" } }] },
		panels: [
			{ id: 1, type: "stat", title: "Up", targets: [target("up")], gridPos: { x: 0, y: 0, w: 12, h: 4 } },
			{ id: 2, type: "stat", title: "Silent", targets: [target("nothing")], gridPos: { x: 12, y: 0, w: 12, h: 4 } },
			{
				id: 3,
				type: "stat",
				title: "Explained",
				targets: [target("nothing")],
				fieldConfig: { defaults: { noValue: "No session yet" } },
				gridPos: { x: 0, y: 4, w: 24, h: 10 },
			},
			{ id: 4, type: "table", title: "Broken", targets: [{ refId: "A", rawSql: `select ${sqlText("session")}` }] },
			{ id: 5, type: "alertlist", title: "Alerts" },
			{ id: 6, type: "row", title: "More", collapsed: true, panels: [{ id: 8, type: "text", title: "Inside" }] },
		],
	}

	beforeAll(async () => {
		fake = await fakeGrafana()
		fake.dashboards.set("a-board", board)
		fake.answers.set("up", { values: [[1], [1]] })
		fake.answers.set("select 'it''s'", { error: "permission denied for table secrets" })
		grafana = createGrafana({ url: fake.url, authorization: TOKEN })
	})
	afterAll(() => fake.close())

	it("is read with its variables, and the panels of collapsed rows", async () => {
		expect(await listBoards(grafana, "mcp-observatory")).toEqual(["a-board"])
		const read = await readBoard(grafana, "a-board")
		expect(read).toMatchObject({ from: "now-24h", variables: { session: "it's" }, collapsed: [8] })
		expect(read.panels.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 8])
	})

	it("has every query sent through Grafana, and its panels without data named", async () => {
		const result = await checkQueries(grafana, await readBoard(grafana, "a-board"))
		expect(result.panels).toEqual([
			{ id: 1, title: "Up", state: "drawn" },
			{ id: 2, title: "Silent", state: "empty", message: "No data" },
			{ id: 3, title: "Explained", state: "empty", message: "No session yet" },
			{
				id: 4,
				title: "Broken",
				state: "error",
				message: expect.stringContaining("permission denied for table secrets"),
			},
		])
		expect(countFaults([result])).toBe(2)
		expect(renderResults([result])).toBe(`a-board (queries): 1 drawn, 2 empty, 1 failed
    EMPTY  Silent: No data
    empty  Explained: No session yet
    ERROR  Broken: ${result.panels[3]?.message}

1 check of boards: 2 faults
`)
	})

	it("is asked for with the panel's data source where a query names none", async () => {
		const read = await readBoard(grafana, "a-board")
		const [first] = read.panels
		if (first === undefined) throw new Error("the board has no panel")
		const postgres = { type: "postgres", uid: "postgres" }
		const query = queryOf(read, { ...first, datasource: postgres, targets: [{ refId: "B" }] })
		expect(query).toMatchObject({ from: "now-24h", to: "now", queries: [{ refId: "B", datasource: postgres }] })
	})

	it("is opened high enough for all its panels, those of a phone below each other", async () => {
		const read = await readBoard(grafana, "a-board")
		expect(heightOf({ ...read, panels: read.panels.slice(0, 3) }, 1440)).toBeGreaterThan(14 * 38)
		const long = { ...read, panels: Array.from({ length: 20 }, () => read.panels.slice(0, 3)).flat() }
		expect(heightOf(long, 390)).toBeGreaterThan(20 * 18 * 38)
		expect(heightOf(long, 1440)).toBeLessThan(1500)
	})

	it("is not found in words where Grafana lacks it", async () => {
		await expect(readBoard(grafana, "another")).rejects.toMatchObject({
			code: "not_found",
			message: expect.stringContaining("Dashboard not found"),
		})
	})
})
