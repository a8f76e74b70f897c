import { z } from "zod"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import type { BoardFile } from "../../clients/board-files.ts"
import { may, type Role } from "../../domain/access/roles.ts"
import { panelsOf } from "../../domain/boards/model.ts"
import { getIncident } from "../../store/incidents/get.ts"
import { BoardCache } from "../../workflows/boards/cache.ts"
import { incidentGraph } from "../../workflows/boards/incident-graph.ts"
import { type BoardQuery, boardData, findBoard, openBoard, panelData } from "../../workflows/boards/read.ts"
import { idOf, parseInput } from "../http/input.ts"
import type { PersonCall, Route } from "../http/route.ts"
import { incidentPicture } from "./boards/incident-picture.ts"
import { boardPage, boardsPage } from "./boards/page.ts"
import { pictureOf, WIDTHS } from "./boards/picture.ts"
import { boardStyle } from "./boards/style.ts"
import { show } from "./show.ts"

const nameInput = z.object({ name: z.string().regex(/^[\w-]{1,60}$/, "expected a board's name") })
const text = z.string().max(64).optional()
const rangeInput = z.object({ from: text, to: text })
const pictureInput = z.object({
	panel: z
		.string()
		.regex(/^\d{1,15}\.svg$/, "expected a panel's id with .svg")
		.transform((name) => Number(name.slice(0, -4))),
})
const widthInput = z.object({ width: z.enum(WIDTHS).default("wide") })

/** Boards of security show the audit log, which administrators read. */
const accessOf = (role: string): Role => (role === "security" ? "admin" : "viewer")

interface BoardOptions {
	/** Grafana's address; undefined where none is configured. */
	readonly grafanaUrl: string | undefined
}

/** The boards as pages, and their panels as pictures. */
export function boardRoutes({ grafanaUrl }: BoardOptions): readonly Route[] {
	const caches = new WeakMap<object, BoardCache>()
	const cacheOf = ({ ctx }: PersonCall) => {
		const known = caches.get(ctx) ?? new BoardCache(ctx.clock)
		caches.set(ctx, known)
		return known
	}
	return [
		{
			method: "GET",
			path: "/boards",
			access: "viewer",
			answer: "page",
			handle: (call) =>
				show(call, async () => {
					const { boards, problems } = await readable(call)
					const main = boardsPage({ boards: boards.map(({ board }) => board), problems, grafanaUrl })
					return { title: "Boards", section: "boards", main }
				}),
		},
		{
			method: "GET",
			path: "/boards/:name",
			access: "viewer",
			answer: "page",
			handle: (call) =>
				show(call, async () => {
					const { ctx } = call
					const cache = cacheOf(call)
					const file = await boardOf(call)
					const open = await openBoard(ctx, cache, file, queryOf(call))
					const [data, { boards }] = await Promise.all([boardData(ctx, cache, open), readable(call)])
					const others = new Set(boards.map(({ board }) => board.uid))
					const { board, revision } = open
					const main = boardPage({ open, data, others, grafanaUrl, query: addressOf(call), now: ctx.clock.now() })
					return {
						title: board.title,
						section: "boards",
						main,
						wide: true,
						style: `/boards/${board.uid}/style.css?v=${revision}`,
						refreshSeconds: Math.round(board.refreshMs / 1_000),
					}
				}),
		},
		{
			method: "GET",
			path: "/boards/:name/style.css",
			access: "viewer",
			answer: "json",
			handle: async (call) => {
				const { board } = await boardOf(call)
				call.res.type("text/css; charset=utf-8").send(boardStyle(board))
			},
		},
		{
			method: "GET",
			path: "/boards/:name/panels/:panel",
			access: "viewer",
			answer: "json",
			handle: async (call) => {
				const { ctx, req, res } = call
				const { panel: id } = parseInput(pictureInput, req.params)
				const { width } = parseInput(widthInput, req.query)
				const cache = cacheOf(call)
				const open = await openBoard(ctx, cache, await boardOf(call), queryOf(call))
				const panel = panelsOf(open.board).find((one) => one.id === id)
				if (!panel) throw new ObservatoryError("not_found", `The board has no panel ${id}.`)
				const svg = pictureOf(panel, await panelData(ctx, cache, open, panel), width)
				sendPicture(res, svg)
			},
		},
		{
			method: "GET",
			path: "/incidents/:id/graph.svg",
			access: "viewer",
			answer: "json",
			handle: async (call) => {
				const { ctx, req, res } = call
				const { width } = parseInput(widthInput, req.query)
				const incident = await getIncident(ctx, idOf(req))
				const key = `incident ${incident.id} ${incident.endsAt?.getTime()}`
				const graph = await cacheOf(call).get(key, GRAPH_MS, () => incidentGraph(ctx, incident))
				sendPicture(res, incidentPicture(graph, incident, width))
			},
		},
	]
}

/** How long an incident's graph is kept. */
const GRAPH_MS = 15_000

/** The picture has styles of its own, and nothing else: no script, no address. */
function sendPicture(res: PersonCall["res"], svg: string): void {
	res
		.set("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox")
		.type("image/svg+xml; charset=utf-8")
		.send(svg)
}

/** The boards that the caller may read. */
async function readable({ ctx, caller }: PersonCall) {
	const { boards, problems } = await ctx.clients.boardFiles.list()
	return { boards: boards.filter(({ board }) => may(caller.role, accessOf(board.role))), problems }
}

/** @throws ObservatoryError `not_found`, or `forbidden` when the caller may not read it */
async function boardOf({ ctx, req, caller }: PersonCall): Promise<BoardFile> {
	const file = await findBoard(ctx, parseInput(nameInput, req.params).name)
	const needed = accessOf(file.board.role)
	if (may(caller.role, needed)) return file
	throw new ObservatoryError("forbidden", `This board needs the role ${needed}; ${caller.actor} is a ${caller.role}.`)
}

/** The most values of variables in an address. */
const MOST_VALUES = 100

function queryOf({ req }: PersonCall): BoardQuery {
	const variables: Record<string, string[]> = {}
	for (const [name, value] of [...paramsOf(req.originalUrl)].slice(0, MOST_VALUES))
		if (name.startsWith("var-")) variables[name.slice(4)] = [...(variables[name.slice(4)] ?? []), value.slice(0, 500)]
	return { ...parseInput(rangeInput, req.query), variables }
}

const paramsOf = (url: string) => new URLSearchParams(url.split("?")[1] ?? "")

/** The range and the variables of an address, to carry on to another board. */
function addressOf({ req }: PersonCall): string {
	const kept = [...paramsOf(req.originalUrl)].filter(([name]) => /^(from|to|var-\w+)$/.test(name))
	return kept.length > 0 ? `?${new URLSearchParams(kept)}` : ""
}
