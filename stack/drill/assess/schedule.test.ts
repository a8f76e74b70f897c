import { describe, expect, it } from "vitest"
import { areIndependent, EVERYTHING, type Needs, startable } from "./schedule.ts"

const drill = (name: string, breaks: readonly string[], uses: readonly string[] = []): Needs => ({ name, breaks, uses })
const names = (drills: readonly Needs[]) => drills.map(({ name }) => name)
const mcp = drill("mcp", ["mcp"])
const rows = drill("rows", ["sessions"], ["database"])
const database = drill("database", ["database"])
const whole = drill("whole", [EVERYTHING])

describe("drills side by side", () => {
	it("share what they use, and not what one of them breaks", () => {
		expect(areIndependent(rows, drill("other rows", ["reviews"], ["database"]))).toBe(true)
		expect(areIndependent(rows, database)).toBe(false)
		expect(areIndependent(database, rows)).toBe(false)
		expect(areIndependent(mcp, mcp)).toBe(false)
		expect(areIndependent(mcp, whole)).toBe(false)
	})

	it("start together where they are independent, in order", () => {
		expect(names(startable([mcp, rows, database], []))).toEqual(["mcp", "rows"])
		expect(names(startable([mcp, database], [rows]))).toEqual(["mcp"])
		expect(names(startable([whole, mcp], []))).toEqual(["whole"])
	})

	it("wait behind one for the whole stack, which would otherwise never start", () => {
		expect(names(startable([rows, whole, drill("workers", ["workers"])], [mcp]))).toEqual(["rows"])
	})
})
