import { createHmac, hkdfSync } from "node:crypto"
import { sameSecret } from "./access/secrets.ts"

/** A challenge is the same for this long, in milliseconds. */
export const CHALLENGE_MS = 5_000
/** Answers to older challenges prove nothing of interest. */
const LONGEST_AGE_MS = 3_600_000

/** The key of challenges, derived from a token, so that replicas agree. */
export const challengeKey = (token: string): Buffer =>
	Buffer.from(hkdfSync("sha256", token, "", "mcp-observatory gate challenges", 32))

/**
 * The challenge at a time: a nonce that only an owner of `key` can compute, so that replicas agree and none is stored.
 * `now` is in milliseconds since the epoch.
 */
export function challengeAt(key: Buffer, now: number): string {
	const number = Math.floor(now / CHALLENGE_MS)
	return `${number}.${mac(key, number)}`
}

/** When a challenge was issued, in milliseconds; undefined for one that is not ours, is too old or is not issued yet. */
export function issuedAt(key: Buffer, challenge: string, now: number): number | undefined {
	const [number = "", signature = "", ...more] = challenge.split(".")
	if (more.length > 0 || !/^\d{1,12}$/.test(number) || !sameSecret(signature, mac(key, Number(number))))
		return undefined
	const at = Number(number) * CHALLENGE_MS
	return at <= now && now - at <= LONGEST_AGE_MS ? at : undefined
}

const mac = (key: Buffer, number: number): string =>
	createHmac("sha256", key).update(`challenge ${number}`).digest("base64url")

/** A message of the webhook or of a follower, with the proof that its author has the token. */
export interface Proven {
	readonly body: string
	readonly proof: string
}

/** Proves a message for a purpose; a message for one purpose is not valid for another. The token does not travel. */
export const prove = (token: string, purpose: string, message: unknown): Proven => {
	const body = JSON.stringify(message)
	return { body, proof: proofOf(token, purpose, body) }
}

/** The message, not yet checked; undefined when its author does not have the token. */
export const proven = (token: string, purpose: string, { body, proof }: Proven): unknown =>
	sameSecret(proof, proofOf(token, purpose, body)) ? JSON.parse(body) : undefined

const proofOf = (token: string, purpose: string, body: string): string =>
	createHmac("sha256", token).update(`${purpose}\n${body}`).digest("base64url")
