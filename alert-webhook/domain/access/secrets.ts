import { createHmac, hash, timingSafeEqual } from "node:crypto"

export const sha256 = (text: string): string => hash("sha256", text)

/** Compares two secrets in a time that tells nothing about either. */
export function sameSecret(a: string, b: string): boolean {
	return timingSafeEqual(hash("sha256", a, "buffer"), hash("sha256", b, "buffer"))
}

/** The token of an `Authorization: Bearer …` header. */
export function bearerToken(header: string | undefined): string | undefined {
	return /^Bearer +(\S+) *$/i.exec(header ?? "")?.[1]
}

/**
 * What is kept of a session's token. The key is the token of the configuration, so that everybody has to sign in again
 * once that is changed.
 */
export const sessionHash = (key: string, token: string): string => createHmac("sha256", key).update(token).digest("hex")

/** What a form of this session has to carry. Nobody without the cookie's value can compute it. */
export const csrfToken = (sessionToken: string): string =>
	createHmac("sha256", sessionToken).update("console form").digest("hex")
