/** What a person may do; each role may do what the ones before it may. */
export const ROLES = ["viewer", "responder", "admin"] as const
export type Role = (typeof ROLES)[number]

/** Somebody who has shown a token or a session. */
export interface Person {
	readonly actor: string
	readonly role: Role
	/** The token that an administrator gave them; null for the one of the configuration, which people share. */
	readonly tokenId: number | null
}

/** A person, and the network address that the request came from. */
export interface Caller extends Person {
	readonly address: string | null
}

export const may = (role: Role, wanted: Role): boolean => ROLES.indexOf(role) >= ROLES.indexOf(wanted)
