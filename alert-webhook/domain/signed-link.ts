import { createHmac, hkdfSync } from "node:crypto"
import { z } from "zod"
import { sameSecret } from "./access/secrets.ts"

/** How long a link in a notification may be used. */
export const LINK_MS = 24 * 3_600_000

/** The annotation that carries one. */
export const ACKNOWLEDGE_LINK = "acknowledge_url"

/** The permission of a link: to acknowledge one incident in the name of the page's recipients. */
export interface LinkClaim {
	readonly incidentId: number
	/** Contacts or channels that received the page. */
	readonly recipients: string
	/** Milliseconds since the epoch. */
	readonly expiresAt: number
}

export type ReadLink =
	| { readonly is: "valid"; readonly claim: LinkClaim }
	/** Not made by us, modified, or made for another incident. */
	| { readonly is: "forged" }
	| { readonly is: "expired"; readonly claim: LinkClaim }

/** The key of links: the configured one, or one derived from the intake's token, so that replicas agree. */
export const linkKey = (configured: string | undefined, webhookToken: string): Buffer =>
	Buffer.from(hkdfSync("sha256", configured ?? webhookToken, "", "mcp-observatory acknowledgement links", 32))

const body = z.tuple([z.string().max(500), z.int().positive()])

/** The last part of a link's path: the claim in base64url, a dot, its HMAC-SHA-256. */
export function signLink(key: Buffer, { incidentId, recipients, expiresAt }: LinkClaim): string {
	const said = Buffer.from(JSON.stringify([recipients.slice(0, 200), expiresAt])).toString("base64url")
	return `${said}.${mac(key, incidentId, said)}`
}

/** Reads a link's last part as a claim on this incident. */
export function readLink(key: Buffer, incidentId: number, token: string, now: number): ReadLink {
	const [said = "", signature = "", ...more] = token.split(".")
	if (more.length > 0 || !sameSecret(signature, mac(key, incidentId, said))) return { is: "forged" }
	const [recipients, expiresAt] = body.parse(JSON.parse(Buffer.from(said, "base64url").toString("utf8")))
	const claim = { incidentId, recipients, expiresAt }
	return now < expiresAt ? { is: "valid", claim } : { is: "expired", claim }
}

const mac = (key: Buffer, incidentId: number, said: string): string =>
	createHmac("sha256", key).update(`acknowledge ${incidentId} ${said}`).digest("base64url")

/** The permission to decide about one call: the expiry and its HMAC, as the last part of a link's path. */
export const signCallLink = (key: Buffer, { hash, expiresAt }: { hash: string; expiresAt: number }): string =>
	`${expiresAt}.${callMac(key, hash, expiresAt)}`

/** Whether a link's last part permits to decide about the call of `hash` at `now`. */
export function isCallLink(key: Buffer, { hash, token, now }: { hash: string; token: string; now: number }): boolean {
	const [expiry = "", signature = "", ...more] = token.split(".")
	const expiresAt = Number(expiry)
	return more.length === 0 && sameSecret(signature, callMac(key, hash, expiresAt)) && now < expiresAt
}

const callMac = (key: Buffer, hash: string, expiresAt: number): string =>
	createHmac("sha256", key).update(`call ${hash} ${expiresAt}`).digest("base64url")
