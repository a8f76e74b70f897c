import { z } from "zod"
import { messageOf } from "../../core/lib/errors.ts"
import type { StoredBoard, StoredPanel } from "../client/boards.ts"
import type { Grafana } from "../client/client.ts"
import type { BoardResult, PanelResult } from "./result.ts"

/** As many queries at once as a browser sends. */
const AT_ONCE = 6

const answer = z.object({
	results: z.record(
		z.string(),
		z.looseObject({
			error: z.string().optional(),
			frames: z
				.array(z.looseObject({ data: z.looseObject({ values: z.array(z.array(z.unknown())) }).optional() }))
				.default([]),
		}),
	),
})

/** Sends every query of a board through Grafana, as its panels do, and says which return nothing. */
export async function checkQueries(grafana: Grafana, board: StoredBoard): Promise<BoardResult> {
	const queried = board.panels.filter(({ targets }) => targets.length > 0)
	const panels: PanelResult[] = []
	const waiting = queried.entries()
	const worker = async () => {
		for (const [index, panel] of waiting) panels[index] = await checkPanel(grafana, board, panel)
	}
	await Promise.all(Array.from({ length: AT_ONCE }, worker))
	return { uid: board.uid, title: board.title, view: "queries", panels, faults: [] }
}

async function checkPanel(grafana: Grafana, board: StoredBoard, panel: StoredPanel): Promise<PanelResult> {
	const { id, title } = panel
	try {
		const reply = answer.parse(await grafana.ask("POST", "/api/ds/query", queryOf(board, panel)))
		const results = Object.values(reply.results)
		const errors = results.flatMap(({ error }) => error ?? [])
		if (errors.length > 0) return { id, title, state: "error", message: errors.join("; ") }
		const rows = results.flatMap(({ frames }) => frames).map(({ data }) => data?.values[0]?.length ?? 0)
		if (rows.some((count) => count > 0)) return { id, title, state: "drawn" }
		return { id, title, state: "empty", message: panel.fieldConfig.defaults.noValue ?? "No data" }
	} catch (error) {
		return { id, title, state: "error", message: messageOf(error) }
	}
}

/** The body of the request that the panel sends. */
export function queryOf(board: StoredBoard, panel: StoredPanel) {
	return {
		from: board.from,
		to: board.to,
		queries: panel.targets.map((target) => ({
			datasource: panel.datasource,
			intervalMs: 60_000,
			maxDataPoints: panel.maxDataPoints ?? 600,
			...(insertVariables(target, board.variables) as typeof target),
		})),
	}
}

/** Inserts the board's variables into every text of a query; `$__…` is left to the data source. */
export function insertVariables(value: unknown, variables: StoredBoard["variables"]): unknown {
	if (typeof value === "string") return insertInto(value, variables)
	if (Array.isArray(value)) return value.map((each) => insertVariables(each, variables))
	if (typeof value !== "object" || value === null) return value
	return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, insertVariables(each, variables)]))
}

const insertInto = (text: string, variables: StoredBoard["variables"]) =>
	text.replace(/\$\{(\w+)(?::(\w+))?\}|\$(\w+)/g, (whole, braced?: string, format?: string, bare?: string) => {
		const value = variables[braced ?? bare ?? ""]
		if (value === undefined) return whole
		return format === "sqlstring" ? `'${value.replaceAll("'", "''")}'` : value
	})
