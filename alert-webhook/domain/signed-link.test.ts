import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { linkKey, readLink, signLink } from "./signed-link.ts"

const KEY = linkKey(undefined, "the-intakes-own-token")
const NOW = Date.parse("2026-11-23T12:00:00Z")
const claim = { incidentId: 12, recipients: "on-call-engineer", expiresAt: NOW + 1_000 }
const token = signLink(KEY, claim)

describe("a signed link", () => {
	it("names its recipients, until it expires", () => {
		expect(readLink(KEY, 12, token, NOW)).toEqual({ is: "valid", claim })
		expect(readLink(KEY, 12, token, NOW + 1_000)).toEqual({ is: "expired", claim })
	})

	it("is invalid for another incident, or under another key", () => {
		expect(readLink(KEY, 13, token, NOW)).toEqual({ is: "forged" })
		expect(readLink(linkKey("another-key-of-links", "the-intakes-own-token"), 12, token, NOW)).toEqual({ is: "forged" })
	})

	it("is invalid with any character changed, added or removed", () => {
		fc.assert(
			fc.property(fc.nat(token.length), fc.nat(1), fc.string({ maxLength: 2 }), (at, cut, put) => {
				const changed = token.slice(0, at) + put + token.slice(at + cut)
				fc.pre(changed !== token)
				expect(readLink(KEY, 12, changed, NOW)).toEqual({ is: "forged" })
			}),
		)
	})

	it("has a key of its own, not the intake's token", () => {
		expect(linkKey("key", "a")).toEqual(linkKey("key", "b"))
		expect(linkKey(undefined, "a")).not.toEqual(linkKey(undefined, "b"))
		expect(KEY.toString("utf8")).not.toContain("token")
	})
})
