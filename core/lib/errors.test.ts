import { describe, expect, it } from "vitest"
import { explain, messageOf, ObservatoryError, problemOf } from "./errors.ts"

describe("messageOf", () => {
	it("contains the causes without repetition", () => {
		const socket = new Error("connect ECONNREFUSED 127.0.0.1:1")
		const query = new Error("Failed query: select 1", { cause: socket })
		expect(messageOf(new ObservatoryError("database_unreachable", "reading sessions", { cause: query }))).toBe(
			"reading sessions: Failed query: select 1: connect ECONNREFUSED 127.0.0.1:1",
		)
		expect(messageOf(new Error("a: b", { cause: new Error("b") }))).toBe("a: b")
	})

	it("joins the messages of several attempts, as of happy eyeballs", () => {
		expect(messageOf(new AggregateError([new Error("v4"), new Error("v6")], ""))).toBe("v4; v6")
	})

	it("accepts a thrown value that is no error", () => {
		expect(messageOf("text")).toBe("text")
		expect(messageOf(undefined)).toBe("undefined")
	})
})

describe("explain", () => {
	it("adds the advice, and never a stack", () => {
		const text = explain(new ObservatoryError("port_taken", "9090 is in use", { advice: "Choose another." }))
		expect(text).toBe("9090 is in use\n  → Choose another.")
		expect(explain(new Error("plain"))).toBe("plain")
	})
})

it("has message and advice apart for a log", () => {
	const taken = new ObservatoryError("port_taken", "9090 is in use", { advice: "Choose another." })
	expect(problemOf(taken)).toEqual({ error: "9090 is in use", advice: "Choose another." })
	expect(problemOf(new Error("plain"))).toEqual({ error: "plain" })
})
