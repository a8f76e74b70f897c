import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard"
import { describe, expect, it } from "vitest"
import { SERIES } from "../../core/catalogue/index.ts"
import { panelsOf, ROLES, render } from "../kit/board.ts"
import { inspect } from "../kit/inspect.ts"
import { readers } from "../reference/usage.ts"
import { alertManagement } from "./alert-management.ts"
import { executive } from "./executive-dashboard.ts"
import { BOARDS } from "./index.ts"
import { operations } from "./operations-dashboard.ts"

const placesOf = (board: (typeof BOARDS)[number]) =>
	Object.fromEntries(
		render(board).panels.map(({ type, title, gridPos: at }) => [title, [type, at?.x, at?.y, at?.w, at?.h]]),
	)

describe("the boards", () => {
	it("are sound", () => {
		expect(inspect(BOARDS)).toEqual([])
	})

	it("show every essential series", () => {
		const shown = readers(BOARDS, []).panels
		expect(SERIES.filter((series) => series.essential && !shown.has(series)).map(({ name }) => name)).toEqual([])
	})

	it("explain every panel, and say in words what an empty one means", () => {
		for (const board of BOARDS) {
			for (const panel of panelsOf(board)) {
				const { title, description } = panel.build().build()
				expect(title, panel.key).toBeTruthy()
				expect(description, panel.title).toMatch(/\.$/)
				expect(panel.empty, panel.title).toMatch(/^[A-Z]/)
			}
		}
	})

	it("say first that they are generated, and from which file", () => {
		for (const board of BOARDS) {
			const [key, value] = Object.entries(render(board))[0] ?? []
			expect(key).toBe("description")
			expect(value).toContain(`from grafana/boards/${board.uid}.ts`)
		}
	})

	it("refresh no slower than once a minute and look back a bounded time", () => {
		for (const board of BOARDS) {
			expect(["30s", "1m"]).toContain(board.refresh)
			expect(board.from).toMatch(/^now-(6h|24h)$/)
		}
	})

	it("can all be reached from the others", () => {
		const reached = new Set(BOARDS.flatMap((board) => board.next.map(({ uid }) => uid)))
		expect(BOARDS.filter(({ uid }) => !reached.has(uid))).toEqual([])
	})

	it("render the same each time, with ids that do not hang on where a panel is placed", () => {
		expect(JSON.stringify(render(executive))).toBe(JSON.stringify(render(executive)))
		const moved = { ...executive, items: [...executive.items].reverse() }
		const ids = (board: typeof executive) => new Map(render(board).panels.map(({ title, id }) => [title, id]))
		expect(ids(moved)).toEqual(new Map(ids(executive)))
	})

	it("belong to roles that there are", () => {
		for (const board of BOARDS) expect(ROLES).toContain(board.role)
	})
})

describe("the executive board", () => {
	it("lies as the strategy lays it out, on twice as fine a grid", () => {
		expect(placesOf(executive)).toMatchObject({
			"System Health": ["stat", 0, 0, 12, 4],
			"Improvement Impact": ["timeseries", 12, 0, 12, 8],
			"Safety Score": ["gauge", 0, 4, 6, 4],
			"Improvements This Month": ["stat", 6, 4, 6, 4],
		})
		expect(executive.refresh).toBe("1m")
	})

	it("colours the safety score at 80, 90 and 95", () => {
		const score = render(executive).panels.find(({ title }) => title === "Safety Score")
		expect(score).toMatchObject({
			fieldConfig: {
				defaults: {
					thresholds: {
						steps: [
							{ value: null, color: "red" },
							{ value: 80, color: "orange" },
							{ value: 90, color: "yellow" },
							{ value: 95, color: "green" },
						],
					},
				},
			},
		})
	})

	it("shows the impact of improvements over 7 days, with money on an axis of its own", () => {
		const impact = render(executive).panels.find(({ title }) => title === "Improvement Impact")
		expect(impact).toMatchObject({ timeFrom: "7d" })
		expect(JSON.stringify(impact)).toContain('{"id":"custom.axisPlacement","value":"right"}')
	})
})

describe("a number's colour", () => {
	const panel = (board: (typeof BOARDS)[number], title: string) =>
		render(board).panels.find((panel) => panel.title === title)

	it("says critical in red, warning in amber, and nothing at all about what is for information, worst first", () => {
		for (const [board, title] of [
			[executive, "Open Incidents"],
			[alertManagement, "Open Incidents"],
			[alertManagement, "Alerts Firing"],
		] as const) {
			const shown = panel(board, title)
			const colours = (shown as Panel).fieldConfig?.overrides.map(({ matcher, properties }) => [
				matcher.options,
				properties.find(({ id }) => id === "thresholds")?.value.steps.at(-1).color,
			])
			expect(colours, title).toEqual([
				["A", "red"],
				["B", "orange"],
				["C", "blue"],
			])
			expect(JSON.stringify(shown), title).toMatch(/"critical".*"warning".*"info"/)
		}
	})

	it("is that of text where there is no number, not that of the best or the worst", () => {
		for (const board of BOARDS) {
			for (const shown of render(board).panels.filter(({ type }) => type === "stat" || type === "gauge")) {
				const mappings = (shown as Panel).fieldConfig?.defaults.mappings ?? []
				expect(mappings.at(-1), shown.title).toMatchObject({
					type: "special",
					options: { match: "null", result: { color: "text" } },
				})
			}
		}
	})
})

describe("the operations board", () => {
	it("lies as the strategy lays it out, on twice as fine a grid", () => {
		expect(placesOf(operations)).toEqual({
			"Component Status": ["stat", 0, 0, 24, 4],
			"Recent Sessions": ["table", 0, 4, 12, 8],
			"MCP Server Performance": ["heatmap", 12, 4, 12, 8],
			"Active Alerts": ["alertlist", 0, 12, 24, 6],
		})
		expect(operations.refresh).toBe("30s")
	})

	it("draws the heatmap from one row a server as it is, without its zeros, whose colours start at zero", () => {
		const heatmap = render(operations).panels.find(({ type }) => type === "heatmap")
		expect(heatmap).toMatchObject({
			timeFrom: "24h",
			interval: "15m",
			options: { calculate: false, filterValues: { le: 1e-9 }, color: { min: 0 } },
			targets: [{ format: "time_series", legendFormat: "{{server}}", interval: "15m" }],
		})
	})

	it("lists critical and warning alerts of Prometheus, but no heartbeat", () => {
		const alerts = render(operations).panels.find(({ title }) => title === "Active Alerts")
		expect(alerts).toMatchObject({
			options: {
				alertInstanceLabelFilter: '{severity=~"critical|warning",heartbeat!="true"}',
				datasource: "Prometheus",
			},
		})
	})
})
