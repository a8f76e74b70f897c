import type { RoleAccess } from "./map.ts"
import type { Members } from "./members.ts"
import { type AccessState, type Permission, type Person, VIEW } from "./state.ts"

/** A change to Grafana that the access map needs. */
export type AccessChange =
	| { readonly kind: "createTeam"; readonly team: string }
	| { readonly kind: "addMember"; readonly team: string; readonly login: string; readonly userId: number }
	| { readonly kind: "removeMember"; readonly team: string; readonly login: string; readonly userId: number }
	| {
			readonly kind: "setFolder"
			readonly folder: string
			readonly team: string
			/** Permissions of others, which stay. */
			readonly kept: readonly Permission[]
			/** Who may see or edit the folder now and may not afterwards. */
			readonly withdrawn: readonly string[]
	  }

export interface AccessPlan {
	readonly changes: readonly AccessChange[]
	/** What no change here can put right, such as a setting of the server. */
	readonly faults: readonly string[]
	/** What is worth knowing. */
	readonly notes: readonly string[]
}

/** Compares Grafana with the access map. Without `members`, the teams keep theirs. */
export function planAccess(map: readonly RoleAccess[], state: AccessState, members: Members): AccessPlan {
	const found = resolveMembers(members, state.people)
	return {
		changes: [
			...map.filter(({ team }) => !state.teams.has(team)).map(({ team }) => ({ kind: "createTeam" as const, team })),
			...map.flatMap((access) => memberChanges(access, state, found.people)),
			...map.flatMap((access) => folderChange(access, map, state)),
		],
		faults: [...faultsOf(map, state), ...found.unknown],
		notes: notesOf(map, state, found.people),
	}
}

function folderChange({ folder, team }: RoleAccess, map: readonly RoleAccess[], state: AccessState): AccessChange[] {
	const items = state.folders.get(folder)
	if (items === undefined) return []
	const ours = new Set(map.map((access) => access.team))
	// Administrators see every folder; Grafana lists that as a permission of their role.
	const given = items.filter(({ inherited, role }) => !inherited && role !== "Admin")
	const kept = given.filter((item) => item.role === "" && !ours.has(item.team))
	const others = given.filter((item) => !kept.includes(item) && item.team !== team)
	const own = given.filter((item) => item.team === team)
	if (own.length === 1 && own[0]?.permission === VIEW && others.length === 0) return []
	return [{ kind: "setFolder", folder, team, kept, withdrawn: others.map(holderOf) }]
}

const holderOf = ({ role, team, userLogin }: Permission): string =>
	role !== "" ? `everyone of role ${role}` : team !== "" ? `team ${team}` : userLogin

function memberChanges(
	access: RoleAccess,
	state: AccessState,
	wanted: ReadonlyMap<string, readonly Person[]>,
): AccessChange[] {
	const people = wanted.get(access.role)
	if (people === undefined) return []
	const { team } = access
	const present = state.teams.get(team)?.members ?? []
	const ids = new Set(people.map(({ userId }) => userId))
	return [
		...people
			.filter(({ userId }) => !present.some((member) => member.userId === userId))
			.map(({ login, userId }) => ({ kind: "addMember" as const, team, login, userId })),
		...present
			.filter(({ userId }) => !ids.has(userId))
			.map(({ login, userId }) => ({ kind: "removeMember" as const, team, login, userId })),
	]
}

function resolveMembers(members: Members, people: readonly Person[]) {
	const unknown: string[] = []
	const found = Object.entries(members).map(([role, names]): [string, readonly Person[]] => [
		role,
		names.flatMap((name) => {
			const person = people.find(({ login, email }) => login === name || email === name)
			if (person === undefined) unknown.push(`${name}, of ${role}, is no user of this Grafana`)
			return person ?? []
		}),
	])
	return { people: new Map(found), unknown }
}

function faultsOf(map: readonly RoleAccess[], state: AccessState): string[] {
	const ours = new Set(map.flatMap(({ boards }) => boards))
	return [
		...(state.anonymous
			? ["Grafana shows boards without signing in: set GF_AUTH_ANONYMOUS_ENABLED=false and restart it"]
			: []),
		...(state.viewersExplore
			? ["viewers may open Explore: set GF_USERS_VIEWERS_CAN_EDIT=false and restart Grafana"]
			: []),
		...map
			.filter(({ folder }) => !state.folders.has(folder))
			.map(({ folder }) => `there is no folder ${folder}: provision the boards first`),
		...state.shared
			.filter((uid) => ours.has(uid))
			.map((uid) => `the board ${uid} is shared publicly: end that in its sharing settings`),
	]
}

function notesOf(
	map: readonly RoleAccess[],
	state: AccessState,
	wanted: ReadonlyMap<string, readonly Person[]>,
): string[] {
	const all = [...new Set(map.flatMap(({ dataSources }) => dataSources))].sort()
	const powerful = [...wanted].flatMap(([role, people]) =>
		people
			.filter((person) => person.role === "Admin")
			.map(({ login }) => `${login}, of ${role}, is an administrator and sees every board`),
	)
	return [
		...(state.restrictsDataSources
			? ["give each team the query permission of its data sources in Grafana, and remove the one of Viewer"]
			: [
					`this Grafana cannot restrict data sources: every signed-in user can query ${all.join(", ")} through its API (docs/dashboards.md)`,
				]),
		...powerful,
	]
}
