import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import type { Browser, BrowserContext, Page, Response } from "playwright-core"
import { type Endpoint, headersOf } from "../../core/clients/endpoint.ts"
import { messageOf } from "../../core/lib/errors.ts"
import type { StoredBoard } from "../client/boards.ts"
import { classify, isSettled } from "./classify.ts"
import { READ_PAGE, type SeenPage } from "./page.ts"
import { type BoardResult, p95 } from "./result.ts"

/** A window and a theme in which boards are opened. */
export interface View {
	readonly width: number
	readonly theme: "light" | "dark"
}

export interface VisitOptions {
	/** Warm loads to measure after the first; 0 for none. */
	readonly loads: number
	/** Where the picture goes; undefined for none. */
	readonly folder: string | undefined
	/** How long a board may take until everything is drawn. */
	readonly timeoutMs: number
}

const CELL = 38
const GAP = 8
/** Chromium's largest picture is 16,384 pixels high. */
const TALLEST = 16_000
const PHONE = 768
/** A board is drawn once nothing has changed for this long. */
const QUIET_MS = 500
const EVERY_MS = 50

/** Opens a board and says what each panel shows, and how long it took. */
export async function visit(
	browser: Browser,
	grafana: Endpoint,
	board: StoredBoard,
	view: View,
	options: VisitOptions,
): Promise<BoardResult> {
	const context = await browser.newContext({
		viewport: { width: view.width, height: heightOf(board, view.width) },
		extraHTTPHeaders: headersOf(grafana),
		colorScheme: view.theme,
	})
	try {
		return await visitIn(context, `${grafana.url}/d/${board.uid}?theme=${view.theme}&kiosk`, board, view, options)
	} finally {
		await context.close()
	}
}

async function visitIn(
	context: BrowserContext,
	address: string,
	board: StoredBoard,
	view: View,
	{ loads, folder, timeoutMs }: VisitOptions,
): Promise<BoardResult> {
	const page = await context.newPage()
	const faults: string[] = []
	const errors = collectErrors(page)
	page.on("pageerror", (error) => faults.push(`a script of the page failed: ${error.message}`))
	const about = { uid: board.uid, title: board.title, view: `${view.width} px, ${view.theme}` }
	const shown = board.panels.filter(({ id }) => !board.collapsed.includes(id))
	const first = await load(page, address, shown.length, timeoutMs)
	if (first === undefined) return { ...about, panels: [], faults: [`no page within ${timeoutMs / 1000} s`] }
	const { seen, drawnMs } = first
	await errors.settled()
	if (seen.text !== "") faults.push(`Grafana shows no panel: ${seen.text.slice(0, 200)}`)
	if (seen.tooWide > 0) faults.push(`the page is ${seen.tooWide} px wider than the window`)
	const panels = shown.map((panel) =>
		classify(
			panel,
			seen.panels.find(({ title }) => title === panel.title),
			errors.of(panel.id),
		),
	)
	const picture =
		folder === undefined ? undefined : await takePicture(page, folder, `${board.uid}-${view.width}-${view.theme}`)
	const warm: number[] = []
	for (let count = 0; count < loads; count++) {
		const again = await load(page, address, shown.length, timeoutMs)
		if (again?.drawnMs !== undefined) warm.push(again.drawnMs)
		else faults.push(`not all panels were drawn within ${timeoutMs / 1000} s at load ${count + 2}`)
	}
	const p95Ms = p95(warm)
	return {
		...about,
		panels,
		faults,
		...(drawnMs === undefined ? {} : { drawnMs }),
		...(p95Ms === undefined ? {} : { p95Ms }),
		...(picture === undefined ? {} : { picture }),
	}
}

/** Loads the address and waits until all panels are drawn; `drawnMs` is undefined if they are not in time. */
async function load(
	page: Page,
	address: string,
	count: number,
	timeoutMs: number,
): Promise<{ seen: SeenPage; drawnMs?: number } | undefined> {
	const deadline = Date.now() + timeoutMs
	await page.goto(address, { waitUntil: "commit", timeout: timeoutMs })
	let seen: SeenPage | undefined
	let drawnMs: number | undefined
	while (Date.now() < deadline) {
		const now = await page.evaluate<SeenPage>(READ_PAGE).catch(() => undefined)
		seen = now ?? seen
		const settled = now !== undefined && now.panels.length >= count && now.panels.every(isSettled)
		if (!settled) drawnMs = undefined
		else if (drawnMs === undefined) drawnMs = now.at
		else if (now.at - drawnMs >= QUIET_MS) return { seen: now, drawnMs }
		await sleep(EVERY_MS)
	}
	return seen && { seen }
}

/** The errors in the responses to the panels' queries, by panel. */
function collectErrors(page: Page) {
	const found = new Map<string, string[]>()
	const reading = new Set<Promise<void>>()
	const read = async (response: Response) => {
		const panel = response.request().headers()["x-panel-id"] ?? ""
		const messages = await response.json().then(errorsIn, (error: unknown) => [messageOf(error)])
		found.set(panel, [...(found.get(panel) ?? []), ...messages])
	}
	page.on("response", (response) => {
		if (!response.url().includes("/api/ds/query")) return
		const work = read(response).finally(() => reading.delete(work))
		reading.add(work)
	})
	return {
		of: (panel: number) => [...new Set(found.get(String(panel)))],
		settled: () => Promise.all(reading),
	}
}

function errorsIn(answer: unknown): string[] {
	const { results, message } = answer as { results?: Record<string, { error?: string }>; message?: string }
	if (results === undefined) return message === undefined ? [] : [message]
	return Object.values(results).flatMap(({ error }) => error ?? [])
}

async function takePicture(page: Page, folder: string, name: string): Promise<string> {
	mkdirSync(folder, { recursive: true })
	const file = join(folder, `${name}.png`)
	await page.screenshot({ path: file })
	return file
}

/** The height that shows every panel at once, so that Grafana draws them all: it leaves out those out of sight. */
export function heightOf(board: StoredBoard, width: number): number {
	const places = board.panels.flatMap(({ gridPos }) => gridPos ?? [])
	const rows =
		width < PHONE
			? places.reduce((sum, { h }) => sum + h * CELL + (h + 1) * GAP, 0)
			: Math.max(0, ...places.map(({ y, h }) => y + h)) * CELL
	return Math.min(TALLEST, Math.max(900, Math.round(rows * 1.02) + 400))
}
