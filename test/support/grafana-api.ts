import type { IncomingMessage, ServerResponse } from "node:http"
import { type LocalServer, serve } from "./local-server.ts"

interface Item {
	teamId?: number
	team?: string
	userId?: number
	userLogin?: string
	role?: string
	permission: number
}

/** What the server has; tests read and change it. */
export interface FakeGrafana extends LocalServer {
	readonly teams: { id: number; name: string; members: number[] }[]
	readonly folders: Map<string, Item[]>
	readonly users: { userId: number; login: string; email: string; role: string }[]
	readonly dashboards: Map<string, object>
	/** Every request that changes something. */
	readonly writes: string[]
	/** Answers to the queries of panels, by the query's expression or statement. */
	readonly answers: Map<string, { status?: number; error?: string; values?: unknown[][] }>
	anonymous: boolean
	viewersCanEdit: boolean
}

export const TOKEN = "Bearer a-service-account"

/** The part of Grafana's API that we use, with the responses of Grafana 12.4. */
export async function fakeGrafana(html?: (uid: string) => string): Promise<FakeGrafana> {
	const state: Omit<FakeGrafana, keyof LocalServer> = {
		teams: [],
		folders: new Map(),
		users: [],
		dashboards: new Map(),
		writes: [],
		answers: new Map(),
		anonymous: false,
		viewersCanEdit: false,
	}
	const local = await serve(async (request, response) => {
		const path = new URL(request.url ?? "/", "http://grafana").pathname
		const search = new URL(request.url ?? "/", "http://grafana").searchParams
		const text = await bodyOf(request)
		const body = text === "" ? {} : JSON.parse(text)
		const open = state.anonymous && request.method === "GET"
		if (request.headers.authorization !== TOKEN && !open) return send(response, 401, { message: "Unauthorized" })
		if (request.method !== "GET" && path !== "/api/ds/query") state.writes.push(`${request.method} ${path}`)
		const [, , first = "", second = "", third = "", fourth = ""] = path.split("/")
		const team = state.teams.find(({ id }) => String(id) === second)
		switch (`${request.method} ${path.startsWith("/api/") ? first : path.split("/")[1]}`) {
			case "GET frontend":
				return send(response, 200, { viewersCanEdit: state.viewersCanEdit, licenseInfo: { enabledFeatures: null } })
			case "GET org":
				return send(response, 200, state.users)
			case "GET search":
				return send(
					response,
					200,
					[...state.dashboards].map(([uid]) => ({ uid, title: uid, tags: [search.get("tag")] })),
				)
			case "GET dashboards": {
				if (second === "public-dashboards") return send(response, 200, { publicDashboards: [] })
				const dashboard = state.dashboards.get(third)
				return dashboard
					? send(response, 200, { dashboard, meta: {} })
					: send(response, 404, { message: "Dashboard not found" })
			}
			case "GET teams":
				if (second === "search") {
					const teams = state.teams.filter(({ name }) => name === search.get("name"))
					return send(response, 200, { totalCount: teams.length, teams })
				}
				return send(
					response,
					200,
					(team?.members ?? []).map((id) => ({ userId: id, login: state.users.find((u) => u.userId === id)?.login })),
				)
			case "POST teams":
				if (second === "") {
					const id = state.teams.length + 1
					state.teams.push({ id, name: body.name, members: [1] })
					return send(response, 200, { message: "Team created", teamId: id, uid: `team-${id}` })
				}
				team?.members.push(body.userId)
				return send(response, 200, { message: "Member added to Team" })
			case "DELETE teams":
				team?.members.splice(team.members.indexOf(Number(fourth)), 1)
				return send(response, 200, { message: "Team Member removed" })
			case "GET folders": {
				const items = state.folders.get(second)
				return items ? send(response, 200, items.map(shown)) : send(response, 404, { message: "folder not found" })
			}
			case "POST folders":
				state.folders.set(second, [...body.items])
				return send(response, 200, { message: "Folder permissions updated" })
			case "POST ds":
				return query(response, body)
			case "GET d":
				response.writeHead(200, { "content-type": "text/html" })
				return void response.end(html?.(first))
			default:
				return send(response, 404, { message: "Not found" })
		}
	})

	/** A permission as Grafana lists it: names beside ids. */
	const shown = (item: Item) => ({
		teamId: item.teamId ?? 0,
		team: state.teams.find(({ id }) => id === item.teamId)?.name ?? "",
		userId: item.userId ?? 0,
		userLogin: state.users.find(({ userId }) => userId === item.userId)?.login ?? "",
		...(item.role === undefined ? {} : { role: item.role }),
		permission: item.permission,
		inherited: false,
	})

	const query = (response: ServerResponse, body: { queries: { refId: string; expr?: string; rawSql?: string }[] }) => {
		const answers = body.queries.map(({ refId, expr, rawSql }) => {
			const { error, values = [] } = state.answers.get(expr ?? rawSql ?? "") ?? {}
			const status = error === undefined ? 200 : 400
			return [refId, { status, ...(error ? { error } : {}), frames: [{ schema: {}, data: { values } }] }] as const
		})
		const status = answers.some(([, answer]) => answer.status === 400) ? 400 : 200
		return send(response, status, { results: Object.fromEntries(answers) })
	}
	return Object.assign(state, local)
}

const send = (response: ServerResponse, status: number, body: unknown) => {
	response.writeHead(status, { "content-type": "application/json" })
	response.end(JSON.stringify(body))
}

async function bodyOf(request: IncomingMessage): Promise<string> {
	let text = ""
	for await (const chunk of request) text += chunk
	return text
}
