import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { BOARDS } from "../boards/index.ts"
import { render } from "../kit/board.ts"
import { compareBoards } from "./compare.ts"
import { exportBoards } from "./export.ts"
import { importBoard, sharedBoard } from "./import.ts"
import { readShared } from "./read.ts"
import { writeV2 } from "./write-v2.ts"

const ROOT = path.resolve(import.meta.dirname, "../..")
const folder = mkdtempSync(path.join(tmpdir(), "observatory-import-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Our own board as v1 JSON, which a test may change. */
// biome-ignore lint/suspicious/noExplicitAny: a board as foreign JSON
const v1 = (uid: string): any => JSON.parse(JSON.stringify(render(boardOf(uid))))
const boardOf = (uid: string) => {
	const board = BOARDS.find((each) => each.uid === uid)
	if (board === undefined) throw new Error(`no board ${uid}`)
	return board
}

function imported(board: unknown) {
	const file = path.join(folder, "board.json")
	writeFileSync(file, JSON.stringify(board))
	return importBoard(file, ROOT)
}

const EXECUTIVE = "executive-dashboard"
// biome-ignore lint/suspicious/noExplicitAny: a board as foreign JSON
const panelOf = (board: any, title: string) => board.panels.find((panel: { title: string }) => panel.title === title)

describe("a board that was not changed", () => {
	it.each(BOARDS.map(({ uid }) => uid))("needs no change in the code, from v1 and from v2: %s", (uid) => {
		const nothing = { board: [], panels: [] }
		const own = sharedBoard(boardOf(uid))
		const resource = JSON.stringify(writeV2(render(boardOf(uid))))
		expect(compareBoards(own, readShared(JSON.stringify(v1(uid)), "v1.json"))).toEqual(nothing)
		expect(compareBoards(own, readShared(resource, "v2.json"))).toEqual(nothing)
	})

	it("is recognised within the API's response and within a resource of v1", () => {
		const { uid, ...spec } = v1(EXECUTIVE)
		const resource = { apiVersion: "dashboard.grafana.app/v1beta1", kind: "Dashboard", metadata: { name: uid }, spec }
		for (const form of [{ dashboard: v1(EXECUTIVE), meta: {} }, resource])
			expect(imported(form)).toEqual({ text: expect.stringContaining("the code makes this board already"), changes: 0 })
	})

	it("needs no change for the values that Grafana adds, and for data sources that an export leaves open", () => {
		const board = v1(EXECUTIVE)
		for (const panel of board.panels) {
			panel.datasource = { type: "prometheus", uid: "$" + "{DS_PROMETHEUS}" }
			for (const target of panel.targets ?? []) {
				target.datasource = panel.datasource
				target.useBackend = false
				target.exemplar = false
			}
			panel.options = { tooltip: { hideZeros: false }, ...panel.options }
			const { defaults } = panel.fieldConfig
			defaults.custom = { axisGridShow: true, hideFrom: { legend: false }, ...defaults.custom }
		}
		expect(imported(board).changes).toBe(0)
	})
})

describe("a board that was changed", () => {
	it("says what to change, panel by panel, and in which line the panel is", () => {
		const board = v1(EXECUTIVE)
		const health = panelOf(board, "System Health")
		health.title = "Health"
		health.targets[0].expr = "autonomous:health:score * 100"
		health.fieldConfig.defaults.unit = "percent"
		health.fieldConfig.defaults.thresholds.steps[1].value = 0.6
		health.gridPos.h = 6
		health.options.colorMode = "background"
		const { text, changes } = imported(board)
		expect(changes).toBe(1)
		expect(text).toMatch(/^~ "System Health", grafana\/boards\/[\w/-]+\.ts:\d+:$/m)
		expect(text).toContain('`title`: "System Health" → "Health"')
		expect(text).toContain(
			'query A (`shows` or `sql`), expr: "autonomous:health:score" → "autonomous:health:score * 100"',
		)
		expect(text).toContain('unit: the series\' `measure` in core/catalogue: "percentunit" → "percent"')
		expect(text).toContain("`thresholds` (thresholds.steps)")
		expect(text).toContain('size: the `band`\'s height, or `on12`: {"x":0,"w":12,"h":4} → {"x":0,"w":12,"h":6}')
		expect(text).toContain('options.colorMode (what the panel\'s kind sets in grafana/kit): "value" → "background"')
	})

	it("names added, removed and moved panels, and no panel that only follows a moved one", () => {
		const board = v1(EXECUTIVE)
		const panels = board.panels.filter(({ type }: { type: string }) => type !== "row")
		const [first, , third] = panels
		const last = panels.at(-1)
		board.panels = board.panels.filter((panel: object) => panel !== third)
		first.gridPos.y = last.gridPos.y + 100
		board.panels.push({
			id: 1,
			type: "gauge",
			title: "Mine",
			targets: [{ refId: "A", expr: "up" }],
			gridPos: { x: 0, y: 999, w: 6, h: 5 },
		})
		const { text, changes } = imported(board)
		expect(changes).toBe(3)
		expect(text).toContain(`- "${third.title}"`)
		expect(text).toContain('+ "Mine" (gauge): write a panel of this kind\n    size: 6 × 5\n    query A: "up"')
		expect(text).toMatch(new RegExp(`~ "${first.title}".*\\n    place among the board's items: "first" → "after `))
	})

	it("has a value that Grafana does not add itself", () => {
		const board = v1(EXECUTIVE)
		panelOf(board, "System Health").fieldConfig.defaults.custom = { axisGridShow: false }
		expect(imported(board).text).toContain("custom.axisGridShow (what the panel's kind sets in grafana/kit): add false")
	})

	it("names an added and a removed query, and what is different on the board itself", () => {
		const board = v1(EXECUTIVE)
		const health = panelOf(board, "System Health")
		health.targets = [health.targets[0], { refId: "C", expr: "up" }]
		board.refresh = "5m"
		board.time.from = "now-7d"
		const { text } = imported(board)
		expect(text).toContain("query B (`shows` or `sql`): remove")
		expect(text).toContain('query C (`shows` or `sql`): add {"expr":"up"}')
		expect(text).toContain('`refresh`: "1m" → "5m"')
		expect(text).toContain('`from`: "now-24h" → "now-7d"')
	})

	it("is read from v2 as well, of both versions", () => {
		const resource = JSON.parse(JSON.stringify(writeV2(render(boardOf(EXECUTIVE)))))
		const [name = ""] = Object.keys(resource.spec.elements)
		const { spec } = resource.spec.elements[name]
		spec.title = "Health"
		expect(imported(resource).text).toContain('`title`: "System Health" → "Health"')
		spec.vizConfig = { kind: "gauge", spec: spec.vizConfig.spec }
		const [query] = spec.data.spec.queries
		query.spec = {
			...query.spec,
			datasource: { uid: "other" },
			query: { kind: "prometheus", spec: query.spec.query.spec },
		}
		const { text } = imported(resource)
		expect(text).toContain('its kind, such as `stat` or `timeseries`: "stat" → "gauge"')
		expect(text).toContain('data source: "prometheus" → "other"')
	})

	it("is refused when it is not ours, no board, or no JSON", () => {
		expect(() => imported({ ...v1(EXECUTIVE), uid: "executive-dashbord" })).toThrow(
			/which grafana\/boards does not make/,
		)
		expect(() => imported({ uid: EXECUTIVE })).toThrow(/no board of Grafana/)
		expect(() => readShared('{"a": }', "x.json")).toThrow(/x\.json:1:7: value expected/)
		expect(() => importBoard(path.join(folder, "absent.json"), ROOT)).toThrow(/cannot be read/)
	})
})

describe("exported boards", () => {
	it("are what we generate, with the data sources of the other Grafana", () => {
		const text = exportBoards("v1", new Map([["prometheus", "abc"]])).get(`${EXECUTIVE}.json`) ?? ""
		expect(JSON.parse(text).panels[0].datasource).toEqual({ type: "prometheus", uid: "abc" })
		expect(exportBoards("v1", new Map()).get(`${EXECUTIVE}.json`)).toBe(`${JSON.stringify(v1(EXECUTIVE), null, 2)}\n`)
	})

	it("are resources of v2, with a row for each heading and every panel in its place", () => {
		for (const [name, text] of exportBoards("v2", new Map([["prometheus", "abc"]]))) {
			const { apiVersion, metadata, spec } = JSON.parse(text)
			expect([apiVersion, `${metadata.name}.json`]).toEqual(["dashboard.grafana.app/v2beta1", name])
			const rows = spec.layout.spec.rows ?? [{ spec: { layout: spec.layout } }]
			// biome-ignore lint/suspicious/noExplicitAny: a board as foreign JSON
			const items = rows.flatMap((row: any) => row.spec.layout.spec.items)
			expect(items.map((item: { spec: { element: { name: string } } }) => item.spec.element.name).sort()).toEqual(
				Object.keys(spec.elements).sort(),
			)
			expect(text).not.toContain('"name": "prometheus"')
		}
	})
})
