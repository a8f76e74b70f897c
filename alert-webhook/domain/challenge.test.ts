import { describe, expect, it } from "vitest"
import { challengeAt, challengeKey, issuedAt, prove, proven } from "./challenge.ts"

const key = challengeKey("a token of sixteen characters")
const now = 1_800_000_002_345

describe("a challenge", () => {
	it("is the same for five seconds, and says when it was issued", () => {
		const challenge = challengeAt(key, now)
		expect(challengeAt(key, now + 1_000)).toBe(challenge)
		expect(challengeAt(key, now + 5_000)).not.toBe(challenge)
		expect(issuedAt(key, challenge, now)).toBe(1_800_000_000_000)
	})

	it.each([
		["of another key", challengeAt(challengeKey("another token of some length"), now)],
		["that is not issued yet", challengeAt(key, now + 10_000)],
		["of more than an hour ago", challengeAt(key, now - 3_700_000)],
		["with another number", challengeAt(key, now - 10_000).replace(/^\d+/, String(Math.floor(now / 5_000)))],
		["with a part too many", `${challengeAt(key, now)}.x`],
		["without a signature", String(Math.floor(now / 5_000))],
		["that is empty", ""],
	])("%s proves nothing", (_, challenge) => {
		expect(issuedAt(key, challenge, now)).toBeUndefined()
	})
})

describe("a proven message", () => {
	const message = prove("token", "purpose", { state: "run" })

	it("is read with the same token and for the same purpose only", () => {
		expect(proven("token", "purpose", message)).toEqual({ state: "run" })
		expect(proven("another", "purpose", message)).toBeUndefined()
		expect(proven("token", "another", message)).toBeUndefined()
		expect(proven("token", "purpose", { ...message, body: '{"state":"stop"}' })).toBeUndefined()
	})
})
