import { describe, expect, it } from "vitest"
import type { Silence } from "../../clients/silences.ts"
import type { MaintenanceWindow } from "../../store/maintenance.ts"
import { compareSilences } from "./silence.ts"

const NOW = Date.parse("2026-11-23T12:00:00Z")
const at = (minutes: number) => new Date(NOW + minutes * 60_000)
const window = (id: number, more: Partial<MaintenanceWindow> = {}): MaintenanceWindow => ({
	id,
	matchers: [{ name: "component", op: "=", value: "database" }],
	startsAt: at(-10),
	endsAt: at(10),
	reason: "new disks",
	createdBy: "Ada",
	createdAt: at(-10),
	endedBy: null,
	startedAt: at(-10),
	endedAt: null,
	...more,
})
const silence = (id: string, comment: string, state: Silence["status"]["state"] = "active"): Silence => ({
	id,
	comment,
	createdBy: "Ada",
	endsAt: at(10).toISOString(),
	matchers: [],
	status: { state },
})
const ours = (window: number, console = "http://console") => `disks (maintenance window ${window} of ${console})`
const compare = (windows: MaintenanceWindow[], silences: Silence[]) => {
	const { missing, idle } = compareSilences(windows, silences, { consoleUrl: "http://console", now: NOW })
	return { missing: missing.map(({ id }) => id), idle }
}

describe("silences of maintenance windows", () => {
	it("are missing for active or planned windows without an active silence", () => {
		const windows = [window(1), window(2, { startsAt: at(5) }), window(3), window(11)]
		const silences = [silence("a", ours(1)), silence("b", ours(3), "expired"), silence("c", ours(2), "pending")]
		expect(compare(windows, silences)).toEqual({ missing: [3, 11], idle: [] })
	})

	it("are idle when their window has ended or is unknown, and when a window has two", () => {
		const windows = [window(1), window(2, { endsAt: at(-1) }), window(3, { endedAt: at(-1) })]
		const silences = [
			silence("kept", ours(1)),
			silence("twice", ours(1)),
			silence("ended", ours(2)),
			silence("past", ours(3)),
			silence("forgotten", ours(4)),
			silence("gone", ours(4), "expired"),
		]
		expect(compare(windows, silences)).toEqual({ missing: [], idle: ["twice", "ended", "past", "forgotten"] })
	})

	it("of people and of other installations are ignored", () => {
		const silences = [
			silence("a", "a person's own"),
			silence("b", ours(1, "http://another")),
			silence("c", "of http://console)"),
		]
		expect(compare([window(1)], silences)).toEqual({ missing: [1], idle: [] })
	})
})
