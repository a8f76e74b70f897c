import type { RoleAccess } from "./map.ts"
import type { AccessChange, AccessPlan } from "./plan.ts"

/** The plan for a person. */
export function renderPlan(
	map: readonly RoleAccess[],
	{ changes, faults, notes }: AccessPlan,
	applied: boolean,
): string {
	const lines = [
		"Each team sees the boards of its folder:",
		...map.map(({ team, boards }) => `  ${team}: ${boards.join(", ")}`),
		"",
		changes.length === 0 ? "Teams and folders are as they should be." : applied ? "Changed:" : "Would change:",
		...changes.map((change) => `  ${changeLine(change)}`),
		...faults.map((fault) => `FAULT  ${fault}`),
		...notes.map((note) => `note   ${note}`),
	]
	return `${lines.join("\n")}\n`
}

function changeLine(change: AccessChange): string {
	switch (change.kind) {
		case "createTeam":
			return `+ team ${change.team}`
		case "addMember":
			return `+ ${change.login} in team ${change.team}`
		case "removeMember":
			return `- ${change.login} from team ${change.team}`
		case "setFolder": {
			const withdrawn = change.withdrawn.length > 0 ? `; no longer ${change.withdrawn.join(", ")}` : ""
			return `~ folder ${change.folder}: team ${change.team} views it${withdrawn}`
		}
	}
}
