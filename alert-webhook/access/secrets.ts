import { createHash, createHmac, timingSafeEqual } from "node:crypto"

export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex")

/** Compares two secrets in a time that tells nothing about either. */
export function sameSecret(a: string, b: string): boolean {
	const digest = (text: string) => createHash("sha256").update(text).digest()
	return timingSafeEqual(digest(a), digest(b))
}

/** The token of an `Authorization: Bearer …` header. */
export function bearerToken(header: string | undefined): string | undefined {
	return /^Bearer +(\S+) *$/i.exec(header ?? "")?.[1]
}

/** What a form of this session has to carry. Nobody without the cookie's value can compute it. */
export const csrfToken = (sessionToken: string): string =>
	createHmac("sha256", sessionToken).update("console form").digest("hex")
