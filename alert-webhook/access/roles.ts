/** What a person may do; each role may do what the ones before it may. */
export const ROLES = ["viewer", "responder", "admin"] as const
export type Role = (typeof ROLES)[number]

/** Somebody who has shown a token or a session. */
export interface Caller {
	readonly actor: string
	readonly role: Role
}

export const may = (role: Role, wanted: Role): boolean => ROLES.indexOf(role) >= ROLES.indexOf(wanted)
