/** `npm run grafana:verify`: whether a running Grafana draws every panel of our boards. */
import { z } from "zod"
import type { Endpoint } from "../../core/clients/endpoint.ts"
import { readArguments, runCommand, usageError } from "../../core/lib/arguments.ts"
import { ObservatoryError } from "../../core/lib/errors.ts"
import { printable } from "../../core/lib/plain-text.ts"
import { listBoards, readBoard, type StoredBoard } from "../client/boards.ts"
import { createGrafana, type Grafana } from "../client/client.ts"
import { grafanaOf } from "../client/settings.ts"
import { TAG } from "../kit/board.ts"
import { findChromium, startChromium } from "./chromium.ts"
import { checkQueries } from "./queries.ts"
import { renderResults } from "./render.ts"
import { type BoardResult, countFaults } from "./result.ts"
import { type View, visit } from "./visit.ts"

const HELP = `npm run grafana:verify [-- OPTIONS] [BOARD ...]

Opens our boards in a running Grafana, in Chromium at 1440 and 390 px, light and dark, and says of each panel whether it is
drawn, empty or failed, with the message, and how long it took until all were drawn. All panels are drawn at once, also
those that a person would have to scroll to. BOARD is a board's uid; without one, all boards with our tag.

  --queries          check without a browser: send every panel's queries through Grafana
  --url URL          Grafana's address; otherwise GRAFANA_URL, otherwise the Grafana of npm start here
  --token-file FILE  a service account's token; otherwise GRAFANA_TOKEN_FILE, or GRAFANA_USER and GRAFANA_PASSWORD_FILE
  --pictures FOLDER  write a PNG of each board, size and theme there
  --loads N          load each board N times more and report the 95th percentile, at 1440 px and dark
  --budget SECONDS   the largest 95th percentile that is no fault; 2 by default
  --timeout SECONDS  how long a board may take; 60 by default
  --format json      the results for programs

CHROMIUM_PATH names the browser where it is not found. A panel without data is no fault if it says in words why.
Exit code: 0 no fault, 1 a fault or no Grafana, 2 wrong usage.
`

const text = { type: "string" } as const
const flag = { type: "boolean" } as const
const number = z.coerce.number().positive()

async function main(): Promise<number> {
	const { values, positionals } = readArguments(
		{
			allowPositionals: true,
			options: {
				queries: flag,
				url: text,
				"token-file": text,
				pictures: text,
				loads: { ...text, default: "0" },
				budget: { ...text, default: "2" },
				timeout: { ...text, default: "60" },
				format: { ...text, default: "text" },
				help: { ...flag, short: "h" },
			},
		},
		HELP,
	)
	if (values.help) return say(HELP, 0)
	if (values.format !== "text" && values.format !== "json")
		throw usageError(`--format is text or json, not "${values.format}"`, HELP)
	const loads = readNumber("loads", values.loads, z.coerce.number().int().min(0).max(1000))
	const budgetMs = 1000 * readNumber("budget", values.budget, number)
	const timeoutMs = 1000 * readNumber("timeout", values.timeout, number)

	const endpoint = grafanaOf(process.env, { url: values.url, tokenFile: values["token-file"] })
	const grafana = createGrafana(endpoint)
	const boards = await boardsOf(grafana, positionals)
	const results = values.queries
		? await inTurn(boards, (board) => checkQueries(grafana, board))
		: await inBrowser(endpoint, boards, { loads, folder: values.pictures, timeoutMs })
	const checked = results.map((result) => withBudget(result, budgetMs))
	const output = values.format === "json" ? `${JSON.stringify(checked, null, 2)}\n` : renderResults(checked)
	return say(printable(output), countFaults(checked) === 0 ? 0 : 1)
}

async function boardsOf(grafana: Grafana, named: readonly string[]): Promise<readonly StoredBoard[]> {
	const uids = named.length > 0 ? named : await listBoards(grafana, TAG)
	if (uids.length === 0) {
		throw new ObservatoryError("not_found", `Grafana at ${grafana.url} has no board with the tag ${TAG}`, {
			advice: "docs/dashboards.md says how Grafana is provisioned with them.",
		})
	}
	return inTurn(uids, (uid) => readBoard(grafana, uid))
}

const VIEWS: readonly View[] = [
	{ width: 1440, theme: "dark" },
	{ width: 1440, theme: "light" },
	{ width: 390, theme: "dark" },
	{ width: 390, theme: "light" },
]

async function inBrowser(
	endpoint: Endpoint,
	boards: readonly StoredBoard[],
	options: { loads: number; folder: string | undefined; timeoutMs: number },
): Promise<readonly BoardResult[]> {
	const browser = await startChromium(findChromium(process.env.CHROMIUM_PATH), new URL(endpoint.url).hostname)
	try {
		const visits = boards.flatMap((board) => VIEWS.map((view) => ({ board, view })))
		return await inTurn(visits, ({ board, view }) =>
			visit(browser, endpoint, board, view, { ...options, loads: view === VIEWS[0] ? options.loads : 0 }),
		)
	} finally {
		await browser.close()
	}
}

/** A board that is too slow is a fault. */
function withBudget(result: BoardResult, budgetMs: number): BoardResult {
	if (result.p95Ms === undefined || result.p95Ms <= budgetMs) return result
	return { ...result, faults: [...result.faults, `the 95th percentile is above ${budgetMs / 1000} s`] }
}

async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
	const done: R[] = []
	for (const item of items) done.push(await work(item))
	return done
}

function readNumber(option: string, value: string, schema: z.ZodType<number>): number {
	const parsed = schema.safeParse(value)
	if (parsed.success) return parsed.data
	throw usageError(`--${option} is a number, not "${value}"`, HELP)
}

function say(output: string, code: number): number {
	process.stdout.write(output)
	return code
}

await runCommand(main)
