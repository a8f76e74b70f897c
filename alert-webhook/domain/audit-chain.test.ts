import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { canonical, flawOf, GENESIS, hashOf } from "./audit-chain.ts"

const link = (change: object = {}) => {
	const row = {
		seq: 1,
		at: new Date(0),
		actor: "Ada",
		action: "incident.acknowledge",
		target: "incident:1",
		details: { b: 1, a: [1, { d: 2, c: 3 }] },
		address: null,
		tokenId: null as number | null,
		previousHash: GENESIS,
	}
	return { ...row, hash: hashOf(row), ...change }
}
const START = { seq: 0, hash: GENESIS }

describe("canonical", () => {
	it("is the same for any order of keys, and after a round trip through JSON", () => {
		expect(canonical({ b: 1, a: { d: 1, c: 2 } })).toBe('{"a":{"c":2,"d":1},"b":1}')
		fc.assert(
			fc.property(fc.jsonValue(), (value) => {
				expect(canonical(JSON.parse(JSON.stringify(value)))).toBe(canonical(value))
			}),
		)
	})
})

describe("flawOf", () => {
	it("accepts an unchanged link", () => {
		expect(flawOf(link(), START)).toBeUndefined()
	})

	it("accepts a link of an earlier release, whose hash covers no token", () => {
		const hash = "0cbbd917dcae38789768e53311fe5a3699d7a730977f991a344c475d24448abf"
		expect(flawOf(link({ hash }), START)).toBeUndefined()
	})

	it("covers the token of the actor where there is one", () => {
		const { hash: _, ...row } = link({ tokenId: 7 })
		const signed = { ...row, hash: hashOf(row) }
		expect(flawOf(signed, START)).toBeUndefined()
		for (const tokenId of [8, null]) expect(flawOf({ ...signed, tokenId }, START)).toContain("was changed")
	})

	it.each([
		["at", { at: new Date(1) }],
		["token", { tokenId: 1 }],
		["actor", { actor: "Eve" }],
		["action", { action: "x" }],
		["target", { target: "x" }],
		["details", { details: {} }],
		["address", { address: "::1" }],
		["hash", { hash: GENESIS }],
	])("detects a changed %s", (_, change) => {
		expect(flawOf(link(change), START)).toMatch(/changed after/)
	})

	it("detects a gap and a replaced predecessor", () => {
		expect(flawOf(link(), { seq: 3, hash: GENESIS })).toMatch(/entry 4 is missing/)
		expect(flawOf(link(), { seq: 0, hash: "f".repeat(64) })).toMatch(/does not follow/)
	})
})
