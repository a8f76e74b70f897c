import { z } from "zod"
import { exchange } from "../../core/clients/request.ts"
import { ObservatoryError } from "../../core/lib/errors.ts"
import type { Grafana } from "../client/client.ts"
import type { RoleAccess } from "./map.ts"

/** Grafana's numbers of permissions on folders. */
export const VIEW = 1

const permission = z.looseObject({
	teamId: z.number().default(0),
	team: z.string().default(""),
	userId: z.number().default(0),
	userLogin: z.string().default(""),
	role: z.string().default(""),
	permission: z.number(),
	inherited: z.boolean().default(false),
})
export type Permission = z.output<typeof permission>

const member = z.looseObject({ userId: z.number(), login: z.string() })
const person = z.looseObject({ userId: z.number(), login: z.string(), email: z.string().default(""), role: z.string() })
export type Person = z.output<typeof person>

export interface Team {
	readonly id: number
	readonly members: readonly z.output<typeof member>[]
}

/** What Grafana has of the access map. */
export interface AccessState {
	/** By name; missing where there is none. */
	readonly teams: ReadonlyMap<string, Team>
	/** By the folder's uid; missing where there is none. */
	readonly folders: ReadonlyMap<string, readonly Permission[]>
	readonly people: readonly Person[]
	/** People read boards without signing in. */
	readonly anonymous: boolean
	/** Viewers may open Explore. */
	readonly viewersExplore: boolean
	/** Uids of boards that are shared publicly. */
	readonly shared: readonly string[]
	/** Whether Grafana can restrict data sources: Enterprise only. */
	readonly restrictsDataSources: boolean
}

/** Reads what the access map concerns. @throws ObservatoryError */
export async function readAccess(grafana: Grafana, map: readonly RoleAccess[]): Promise<AccessState> {
	const settings = z
		.looseObject({
			viewersCanEdit: z.boolean().default(false),
			licenseInfo: z.looseObject({ enabledFeatures: z.record(z.string(), z.boolean()).nullish() }).optional(),
		})
		.parse(await grafana.ask("GET", "/api/frontend/settings"))
	const teams = await Promise.all(map.map(async ({ team }) => [team, await readTeam(grafana, team)] as const))
	const folders = await Promise.all(map.map(async ({ folder }) => [folder, await readFolder(grafana, folder)] as const))
	return {
		teams: new Map(teams.flatMap(([name, team]) => (team ? [[name, team]] : []))),
		folders: new Map(folders.flatMap(([uid, items]) => (items ? [[uid, items]] : []))),
		people: z.array(person).parse(await grafana.ask("GET", "/api/org/users")),
		anonymous: await isOpen(grafana.url),
		viewersExplore: settings.viewersCanEdit,
		shared: await readShared(grafana),
		restrictsDataSources: settings.licenseInfo?.enabledFeatures?.["dspermissions.enforcement"] ?? false,
	}
}

async function readTeam(grafana: Grafana, name: string): Promise<Team | undefined> {
	const answer = await grafana.ask("GET", `/api/teams/search?perpage=1000&name=${encodeURIComponent(name)}`)
	const { teams } = z.object({ teams: z.array(z.looseObject({ id: z.number(), name: z.string() })) }).parse(answer)
	const found = teams.find((team) => team.name === name)
	if (found === undefined) return undefined
	const members = z.array(member).parse(await grafana.ask("GET", `/api/teams/${found.id}/members`))
	return { id: found.id, members }
}

async function readFolder(grafana: Grafana, uid: string): Promise<readonly Permission[] | undefined> {
	try {
		return z.array(permission).parse(await grafana.ask("GET", `/api/folders/${uid}/permissions`))
	} catch (error) {
		if (error instanceof ObservatoryError && error.code === "not_found") return undefined
		throw error
	}
}

/** Whether Grafana answers a request without a credential. */
async function isOpen(url: string): Promise<boolean> {
	const { status } = await exchange("Grafana", `${url}/api/search?limit=1`, { headers: { accept: "application/json" } })
	return status === 200
}

async function readShared(grafana: Grafana): Promise<readonly string[]> {
	const one = z.looseObject({ dashboardUid: z.string(), isEnabled: z.boolean().default(true) })
	const answer = await grafana.ask("GET", "/api/dashboards/public-dashboards?perpage=1000").catch((error: unknown) => {
		if (error instanceof ObservatoryError && error.code === "not_found") return { publicDashboards: [] }
		throw error
	})
	const { publicDashboards } = z.object({ publicDashboards: z.array(one).nullish() }).parse(answer)
	return (publicDashboards ?? []).filter(({ isEnabled }) => isEnabled).map(({ dashboardUid }) => dashboardUid)
}
