import { z } from "zod"
import type { Grafana } from "../client/client.ts"
import type { AccessChange } from "./plan.ts"
import { type AccessState, VIEW } from "./state.ts"

/** Makes the changes, in order. What was made before an error stays, and a later run makes the rest. @throws ObservatoryError */
export async function applyAccess(
	grafana: Grafana,
	state: AccessState,
	changes: readonly AccessChange[],
): Promise<void> {
	const ids = new Map([...state.teams].map(([name, { id }]) => [name, id]))
	for (const change of changes) {
		const id = ids.get(change.team) ?? 0
		switch (change.kind) {
			case "createTeam": {
				const answer = await grafana.ask("POST", "/api/teams", { name: change.team })
				const { teamId } = z.looseObject({ teamId: z.number() }).parse(answer)
				ids.set(change.team, teamId)
				await removeCreator(grafana, teamId)
				break
			}
			case "addMember":
				await grafana.ask("POST", `/api/teams/${id}/members`, { userId: change.userId })
				break
			case "removeMember":
				await grafana.ask("DELETE", `/api/teams/${id}/members/${change.userId}`)
				break
			case "setFolder":
				await grafana.ask("POST", `/api/folders/${change.folder}/permissions`, {
					items: [
						{ teamId: id, permission: VIEW },
						...change.kept.map(({ teamId, userId, permission }) =>
							teamId > 0 ? { teamId, permission } : { userId, permission },
						),
					],
				})
				break
		}
	}
}

/** Grafana makes the user who creates a team its member; a service account it does not. */
async function removeCreator(grafana: Grafana, team: number): Promise<void> {
	const members = z
		.array(z.looseObject({ userId: z.number() }))
		.parse(await grafana.ask("GET", `/api/teams/${team}/members`))
	for (const { userId } of members) await grafana.ask("DELETE", `/api/teams/${team}/members/${userId}`)
}
