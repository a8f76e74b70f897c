import { describe, expect, it } from "vitest"
import { expired, type Partition, partitionStart } from "./partitions.ts"

const HOUR = 3_600_000
const NOW = Date.parse("2026-11-30T15:00:00Z")
const current = partitionStart(NOW)

const partition = (index: number, bytes: number, table: Partition["table"] = "spans"): Partition => ({
	table,
	name: `${table} ${index}`,
	from: current - index * 6 * HOUR,
	to: current - (index - 1) * 6 * HOUR,
	bytes,
})
const names = (partitions: Partition[], days: number, bytes: number) =>
	expired(partitions, { days, bytes }, NOW).map(({ partition: { name }, reason }) => `${name} ${reason}`)

describe("partitions", () => {
	it("begin at 0, 6, 12 and 18 o'clock UTC", () => {
		expect(new Date(current).toISOString()).toBe("2026-11-30T12:00:00.000Z")
	})

	it("are dropped when all of their time is too old", () => {
		expect(names([partition(0, 1), partition(4, 1), partition(5, 1)], 1, 100)).toEqual(["spans 5 age"])
	})

	it("are dropped oldest first, of both tables, until the rest fits", () => {
		const all = [partition(0, 10), partition(1, 10), partition(2, 10), partition(2, 5, "log_records"), partition(3, 10)]
		expect(names(all, 7, 32)).toEqual(["spans 3 size", "spans 2 size"])
		expect(names(all, 7, 45)).toEqual([])
	})

	it("stay while they are in use, even when one alone is too large", () => {
		expect(names([partition(0, 100), partition(1, 10)], 7, 32)).toEqual(["spans 1 size"])
	})
})
