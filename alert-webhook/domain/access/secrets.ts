import { createHmac, hash, timingSafeEqual } from "node:crypto"

export const sha256 = (text: string): string => hash("sha256", text)

/** Compares two secrets in a time that reveals nothing about either. */
export function sameSecret(a: string, b: string): boolean {
	return timingSafeEqual(hash("sha256", a, "buffer"), hash("sha256", b, "buffer"))
}

/** The token of an `Authorization: Bearer …` header. */
export function bearerToken(header: string | undefined): string | undefined {
	return /^Bearer +(\S+) *$/i.exec(header ?? "")?.[1]
}

/** The stored digest of a session's token. The key is the configured token, so that a new one ends all sessions. */
export const sessionHash = (key: string, token: string): string => createHmac("sha256", key).update(token).digest("hex")

/** The token of this session's forms. It cannot be computed without the cookie's value. */
export const csrfToken = (sessionToken: string): string =>
	createHmac("sha256", sessionToken).update("console form").digest("hex")
