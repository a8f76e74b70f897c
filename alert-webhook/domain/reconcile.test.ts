import { describe, expect, it } from "vitest"
import type { ActiveAlert } from "./active-alert.ts"
import { type Comparison, compare, type Known, type OpenIncident } from "./reconcile.ts"

const MINUTE = 60_000
const NOW = Date.parse("2026-11-23T12:00:00Z")
const at = (minutesAgo: number) => new Date(NOW - minutesAgo * MINUTE)

const alert = (fingerprint: string, minutes = 30, over: Partial<ActiveAlert> = {}): ActiveAlert => ({
	fingerprint,
	labels: { alertname: "database_down" },
	startsAt: at(minutes).toISOString(),
	receivers: [{ name: "observatory" }],
	status: { state: "active", inhibitedBy: [], silencedBy: [] },
	...over,
})
const open = (id: number, fingerprint: string): OpenIncident => ({ id, fingerprint })
const over = (startedAgo: number, endedAgo: number): Known => ({
	startsAt: at(startedAgo),
	resolvedAt: at(endedAgo),
	open: false,
})

const differences = (input: Partial<Comparison>) =>
	compare({
		now: NOW,
		active: [],
		informed: true,
		receiver: "observatory",
		makesIncident: (labels) => labels.heartbeat !== "true",
		open: [],
		known: new Map(),
		missing: new Map(),
		closeAfterMs: 5 * MINUTE,
		ingestAfterMs: MINUTE,
		...input,
	})
const toIngest = (input: Partial<Comparison>) =>
	differences(input).toIngest.map(({ alert: { fingerprint }, startsAt }) => [fingerprint, startsAt])

describe("an incident whose alert Alertmanager lacks", () => {
	it("is given time before it counts as unknown", () => {
		const first = differences({ open: [open(1, "a")] })
		expect(first).toMatchObject({ unknown: [], missing: new Map([[1, NOW]]) })
		const later = (minutes: number) =>
			differences({ open: [open(1, "a")], missing: first.missing, now: NOW + minutes * MINUTE })
		expect(later(4.9).unknown).toEqual([])
		expect(later(5).unknown).toEqual([{ id: 1, since: NOW }])
	})

	it("is known again as soon as Alertmanager reports it again", () => {
		const missing = new Map([[1, at(4).getTime()]])
		expect(differences({ open: [open(1, "a")], active: [alert("a")], missing }).missing).toEqual(new Map())
	})

	it("does not count as missing while Alertmanager receives nothing from Prometheus", () => {
		const missing = new Map([[1, at(60).getTime()]])
		expect(differences({ open: [open(1, "a")], missing, informed: false })).toMatchObject({
			unknown: [],
			missing: new Map(),
		})
	})

	it.each(["suppressed", "unprocessed", "active"] as const)("stays open while the alert is %s", (state) => {
		const missing = new Map([[1, at(60).getTime()]])
		const active = [alert("a", 30, { status: { state, inhibitedBy: [], silencedBy: [] }, receivers: [] })]
		expect(differences({ open: [open(1, "a")], active, missing }).unknown).toEqual([])
	})
})

describe("an alert that fires without an incident", () => {
	it("is ingested once its notification is late", () => {
		expect(toIngest({ active: [alert("a", 0.5), alert("b", 1)] })).toEqual([["b", at(1)]])
		expect(toIngest({ active: [alert("a", 0.5)], ingestAfterMs: 0 })).toEqual([["a", at(0.5)]])
	})

	it.each([
		["suppressed", { status: { state: "suppressed" } }],
		["not processed yet", { status: { state: "unprocessed" } }],
		["for another receiver", { receivers: [{ name: "another-team" }] }],
		["a heartbeat", { labels: { heartbeat: "true" } }],
	] as const)("is ignored when it is %s", (_, change) => {
		expect(toIngest({ active: [alert("a", 30, change as Partial<ActiveAlert>)] })).toEqual([])
	})

	it("is a new incident from the end on when its instance was resolved but it still fires", () => {
		const active = [alert("a", 30)]
		expect(toIngest({ active, known: new Map([["a", over(30, 10)]]) })).toEqual([["a", at(10)]])
		expect(toIngest({ active, known: new Map([["a", over(20, 20)]]) })).toEqual([["a", new Date(at(20).getTime() + 1)]])
		expect(toIngest({ active, known: new Map([["a", over(50, 40)]]) })).toEqual([["a", at(30)]])
	})

	it("is ignored right after its instance was resolved, or while another is open", () => {
		const active = [alert("a", 30)]
		expect(toIngest({ active, known: new Map([["a", over(30, 0.5)]]), ingestAfterMs: 0 })).toEqual([])
		expect(toIngest({ active, known: new Map([["a", { ...over(30, 10), open: true }]]) })).toEqual([])
	})
})
