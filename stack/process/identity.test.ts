import { describe, expect, it } from "vitest"
import { isAlive, processIdentity, startTicks } from "./identity.ts"

const rest = "S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20"

describe("a process's identity", () => {
	it("is read behind the command's name, whatever that name holds", () => {
		expect(startTicks(`7 (node) ${rest}`)).toBe("4711")
		expect(startTicks(`7 (a) b (c) 1 2) ${rest}`)).toBe("4711")
	})

	it("is none for a zombie, which no longer runs", () => {
		expect(startTicks(`7 (node) ${rest.replace("S", "Z")}`)).toBeUndefined()
	})

	it("distinguishes this process from another that had its number", () => {
		const identity = processIdentity(process.pid)
		expect(identity).toBeDefined()
		expect(isAlive(process.pid, identity ?? "")).toBe(true)
		expect(isAlive(process.pid, `${identity}1`)).toBe(false)
	})
})
