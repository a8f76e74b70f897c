import { expect, it } from "vitest"
import { moreTime } from "./verify.ts"

const MINUTE = 60_000
const settings = { verifyForMs: 5 * MINUTE, verifyEveryMs: 15_000 }

it.each([
	["nothing at all", 0, 0],
	["a minute, which VERIFY_FOR covers", 1, 0],
	["as far as VERIFY_FOR lasts: a few evaluations more", 5, 1],
	["a quarter of an hour", 15, 11],
	["a day, which is too long to wait for", 1440, 0],
])("prolongs the verification of an alert that looks back %s", (_, lookback, more) => {
	expect(moreTime(settings, lookback * MINUTE)).toBe(more * MINUTE)
})
