import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { readBoard } from "../../grafana/client/boards.ts"
import { createGrafana } from "../../grafana/client/client.ts"
import { visit } from "../../grafana/verify/visit.ts"
import { startBrowser, withoutBrowser } from "../support/browser.ts"
import { type FakeGrafana, fakeGrafana, TOKEN } from "../support/grafana-api.ts"

/** A panel as Grafana 12.4's page has it. */
const section = (title: string, inside: string, beside = "") =>
	`<section data-testid="data-testid Panel header ${title}">${beside}<div data-testid="data-testid panel content">${inside}</div></section>`

/** The page asks for the panels' data as Grafana does, and draws the first one when its data is there. */
const PAGE = `<!doctype html><body><main>
	${section("Up", "")}
	${section("Broken", "", '<button data-testid="data-testid Panel status error"></button>')}
	${section("Silent", '<div data-testid="data-testid Panel data error message">No data</div>')}
</main><script>
	const ask = (panel, query) => fetch("/api/ds/query", {
		method: "POST", headers: { "x-panel-id": panel }, body: JSON.stringify({ queries: [{ refId: "A", expr: query }] }),
	});
	ask("2", "broken");
	ask("1", "up").then(() => {
		document.querySelector("[data-testid='data-testid panel content']").innerHTML = "<canvas></canvas>";
	});
</script>`

describe.skipIf(withoutBrowser)("grafana:verify in Chromium (skipped only where none is installed)", () => {
	const folder = mkdtempSync(path.join(tmpdir(), "observatory-pictures-"))
	let grafana: FakeGrafana
	let browser: Browser
	let html = PAGE

	beforeAll(async () => {
		grafana = await fakeGrafana(() => html)
		grafana.answers.set("up", { values: [[1], [1]] })
		grafana.answers.set("broken", { error: "parse error" })
		const panels = ["Up", "Broken", "Silent"].map((title, index) => ({ id: index + 1, type: "stat", title }))
		grafana.dashboards.set("a-board", { uid: "a-board", title: "A board", panels })
		browser = await startBrowser()
	})
	afterAll(async () => {
		await browser?.close()
		await grafana?.close()
		rmSync(folder, { recursive: true, force: true })
	})

	async function check(width: number, options: { loads?: number; timeoutMs?: number; folder?: string } = {}) {
		const endpoint = { url: grafana.url, authorization: TOKEN }
		const board = await readBoard(createGrafana(endpoint), "a-board")
		const view = { width, theme: "dark" as const }
		return visit(browser, endpoint, board, view, { loads: 0, timeoutMs: 20_000, folder: undefined, ...options })
	}

	it("says of each panel what it shows, measures the loads and writes a picture", async () => {
		html = PAGE
		const result = await check(1440, { loads: 2, folder })
		expect(result.panels).toEqual([
			{ id: 1, title: "Up", state: "drawn" },
			{ id: 2, title: "Broken", state: "error", message: "parse error" },
			{ id: 3, title: "Silent", state: "empty", message: "No data" },
		])
		expect(result.faults).toEqual([])
		expect(result.drawnMs).toBeGreaterThan(0)
		expect(result.p95Ms).toBeGreaterThan(0)
		expect(existsSync(path.join(folder, "a-board-1440-dark.png"))).toBe(true)
	})

	it("reports a page that is wider than a phone, and a panel that is never drawn", async () => {
		html = PAGE.replace("<main>", '<main style="width: 500px">').replace('ask("1", "up")', "new Promise(() => {})")
		const { faults, panels, drawnMs } = await check(390, { timeoutMs: 1_500 })
		expect(faults).toContainEqual(expect.stringMatching(/^the page is \d+ px wider than the window$/))
		expect(panels[0]).toMatchObject({ state: "error", message: "nothing is drawn" })
		expect(drawnMs).toBeUndefined()
	})

	it("reports what Grafana says in place of the board", async () => {
		html = "<body>Dashboard not found</body>"
		const { faults, panels } = await check(1440, { timeoutMs: 1_500 })
		expect(faults).toEqual(["Grafana shows no panel: Dashboard not found"])
		expect(panels.every(({ state }) => state === "error")).toBe(true)
	})
})
