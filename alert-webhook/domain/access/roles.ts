/** The permissions of a person; each role has those of the roles before it. */
export const ROLES = ["viewer", "responder", "admin"] as const
export type Role = (typeof ROLES)[number]

/** A caller who has presented a token or a session. */
export interface Person {
	readonly actor: string
	readonly role: Role
	/** The personal token; null for the shared one of the configuration. */
	readonly tokenId: number | null
}

/** A person, and the network address that the request came from. */
export interface Caller extends Person {
	readonly address: string | null
}

export const may = (role: Role, wanted: Role): boolean => ROLES.indexOf(role) >= ROLES.indexOf(wanted)
