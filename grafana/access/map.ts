import { type Board, panelsOf, ROLES } from "../kit/board.ts"

export type Role = (typeof ROLES)[number]

/** What a role's people see: the boards of one folder. */
export interface RoleAccess {
	readonly role: Role
	/** The name of the team in Grafana. */
	readonly team: string
	/** The uid of its folder, as provisioned. */
	readonly folder: string
	readonly boards: readonly string[]
	/** The uids of the data sources that its boards read. */
	readonly dataSources: readonly string[]
}

/** The access map of the boards: a team and a folder a role. */
export const accessMap = (boards: readonly Board[]): readonly RoleAccess[] =>
	ROLES.map((role) => {
		const own = boards.filter((board) => board.role === role)
		return {
			role,
			team: `Observatory ${role}`,
			folder: `observatory-${role}`,
			boards: own.map(({ uid }) => uid),
			dataSources: [...new Set(own.flatMap(dataSourcesOf))].sort(),
		}
	})

function dataSourcesOf(board: Board): string[] {
	const panels = panelsOf(board).map((panel) => panel.build().build())
	return panels.flatMap(({ datasource }) => datasource?.uid ?? [])
}
