import { createHash } from "node:crypto"
import { messageOf, ObservatoryError } from "../../../core/lib/errors.ts"
import type { BoardFile } from "../../clients/board-files.ts"
import type { Context } from "../../context.ts"
import { type Board, type Panel, panelsOf, type Variable } from "../../domain/boards/model.ts"
import { builtIns, rangeOf, stepOf, type TimeRange } from "../../domain/boards/range.ts"
import { type Chosen, chosenOf, filtered, interpolate, optionQuery } from "../../domain/boards/variables.ts"
import type { BoardCache } from "./cache.ts"
import type { PanelData } from "./data.ts"
import { readPanel } from "./panel.ts"

/** What a reader chose: a range, as Grafana's addresses write it, and values of variables. */
export interface BoardQuery {
	readonly from?: string | undefined
	readonly to?: string | undefined
	readonly variables: Readonly<Record<string, readonly string[]>>
}

/** A board at one moment, without its panels' data. */
export interface OpenBoard {
	readonly board: Board
	readonly revision: string
	readonly from: string
	readonly to: string
	readonly range: TimeRange
	readonly chosen: readonly Chosen[]
	/** The reason why a variable has no options, if one has none. */
	readonly problems: readonly string[]
}

/** @throws ObservatoryError `not_found` */
export async function findBoard({ clients }: Context, uid: string): Promise<BoardFile> {
	const { boards } = await clients.boardFiles.list()
	const found = boards.find(({ board }) => board.uid === uid)
	if (found) return found
	throw new ObservatoryError("not_found", `There is no board ${uid.slice(0, 60)}.`, {
		advice: "The page Boards lists them.",
	})
}

/**
 * Opens a board: its range, and its variables with their options, each of which may depend on those before it.
 *
 * @throws ObservatoryError `bad_request` for a range that is none
 */
export async function openBoard(
	ctx: Context,
	cache: BoardCache,
	{ board, revision }: BoardFile,
	query: BoardQuery,
): Promise<OpenBoard> {
	const [from, to] = [query.from || board.from, query.to || board.to]
	const range = rangeOf(from, to, ctx.clock.now())
	if (!range)
		throw new ObservatoryError("bad_request", "This is not a time range.", {
			advice: "Use from=now-6h, or two times such as from=2026-11-01T08:00Z&to=2026-11-01T12:00Z.",
		})
	const chosen: Chosen[] = []
	const problems: string[] = []
	for (const variable of board.variables) {
		const scope = scopeOf(chosen, range)
		const options = await optionsOf(ctx, cache, { variable, range, scope, board }).catch((error: unknown) => {
			problems.push(`${variable.label || variable.name}: ${messageOf(error)}`)
			return []
		})
		chosen.push(chosenOf(variable, options, query.variables[variable.name]))
	}
	return { board, revision, from, to, range, chosen, problems }
}

const scopeOf = (chosen: readonly Chosen[], range: TimeRange) => ({
	...builtIns(range, stepOf(range, 0)),
	...Object.fromEntries(chosen.map((one) => [one.variable.name, one])),
})

interface OptionRequest {
	readonly variable: Variable
	readonly range: TimeRange
	readonly scope: ReturnType<typeof scopeOf>
	readonly board: Board
}

async function optionsOf(ctx: Context, cache: BoardCache, request: OptionRequest): Promise<readonly string[]> {
	const { variable, range, scope, board } = request
	const { type, query } = variable
	if (type === "textbox" || type === "constant") return typeof query === "string" ? [query] : []
	if (type === "custom" || type === "interval")
		return String(query ?? "")
			.split(",")
			.map((one) => (one.includes(" : ") ? (one.split(" : ")[1] ?? "") : one).trim())
			.filter(Boolean)
	const asked = type === "query" ? optionQuery(query) : undefined
	if (!asked) return variable.options.flatMap(({ value }) => value).filter((value) => value !== "$__all")
	const expr = interpolate(asked.expr, scope, "promql")
	const elements = await cache.get(`options ${expr}`, board.refreshMs, () =>
		ctx.clients.prometheus.query(expr, { at: range.to }),
	)
	const values = elements.map(({ labels, value }) =>
		asked.label ? (labels[asked.label] ?? "") : `${JSON.stringify(labels)} ${value}`,
	)
	return filtered(values.filter(Boolean), variable.regex)
}

/** A digest of everything that a panel's data depends on, for addresses and the cache. */
export function stateOf({ revision, from, to, chosen }: OpenBoard): string {
	const values = chosen.map(({ values }) => values)
	return createHash("sha256")
		.update(JSON.stringify([revision, from, to, values]))
		.digest("hex")
		.slice(0, 16)
}

/** The data of a panel, from the cache while it is younger than the board's refresh interval. */
export async function panelData(ctx: Context, cache: BoardCache, open: OpenBoard, panel: Panel): Promise<PanelData> {
	const { board, range, chosen } = open
	const key = `${board.uid} ${panel.id} ${stateOf(open)}`
	const data = await cache.get(key, board.refreshMs - 1_000, () =>
		readPanel(ctx, { panel, range, scope: scopeOf(chosen, range) }),
	)
	// A failure is not repeated to others for the whole interval.
	if (data.kind === "problem") cache.forget(key)
	return data
}

/** The data of all panels, by their ids. */
export async function boardData(
	ctx: Context,
	cache: BoardCache,
	open: OpenBoard,
): Promise<ReadonlyMap<number, PanelData>> {
	const panels = panelsOf(open.board)
	return new Map(
		await Promise.all(panels.map(async (panel) => [panel.id, await panelData(ctx, cache, open, panel)] as const)),
	)
}
