import { describe, expect, it } from "vitest"
import { databaseError } from "../db/database-error.ts"
import { Causes } from "./causes.ts"

const failure = (text: string) => new Error(text)

describe("the causes of failing collectors", () => {
	it("are reported by the first that fails, and their end by the last that recovers", () => {
		const causes = new Causes()
		const [sessions, insights] = [causes.of("sessions"), causes.of("insights")]
		expect(sessions.isNew(failure("Reading sessions: PostgreSQL cannot be reached"))).toBe(true)
		expect(insights.isNew(failure("Reading insights: PostgreSQL cannot be reached"))).toBe(false)
		expect(sessions.isLast()).toBe(false)
		expect(insights.isLast()).toBe(true)
		expect(sessions.isNew(failure("Reading sessions: PostgreSQL cannot be reached"))).toBe(true)
	})

	it("are different ones for another database and for another reason", () => {
		const causes = new Causes()
		expect(causes.of("a").isNew(failure("Reading a: PostgreSQL cannot be reached"))).toBe(true)
		expect(causes.of("b").isNew(failure("Reading b (totals): PostgreSQL cannot be reached"))).toBe(true)
		expect(causes.of("c").isNew(failure("Reading c: the user lacks a right"))).toBe(true)
		expect(causes.of("github").isNew(failure("GitHub did not answer"))).toBe(true)
	})

	it("are one for a full disk, whichever file could not grow", () => {
		const causes = new Causes()
		const full = (file: string, what: string) =>
			databaseError(Object.assign(new Error(`could not extend file "${file}"`), { code: "53100" }), what)
		expect(causes.of("a").isNew(full("base/1/1", "Adding a to totals"))).toBe(true)
		expect(causes.of("b").isNew(full("base/1/2", "Adding b to totals"))).toBe(false)
	})
})
