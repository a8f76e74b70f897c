import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { digestOf, parseNotification, titleOf } from "./notification.ts"

const alert = (change: Record<string, unknown> = {}) => ({
	status: "firing",
	labels: { alertname: "database_down", severity: "CRITICAL" },
	annotations: {},
	startsAt: "2026-11-23T08:00:00.123456789+01:00",
	endsAt: "0001-01-01T00:00:00Z",
	generatorURL: "",
	fingerprint: "f",
	...change,
})
const body = (...alerts: unknown[]) => ({ version: "4", status: "firing", receiver: "r", groupKey: "g", alerts })

describe("parseNotification", () => {
	it("reads nanoseconds and offsets, treats year 1 as no end, and reads severities in any case", () => {
		expect(parseNotification(body(alert())).alerts).toMatchObject([
			{ startsAt: new Date("2026-11-23T07:00:00.123Z"), endsAt: null, severity: "critical", generatorUrl: null },
		])
	})

	it("ignores the end of a firing alert", () => {
		expect(parseNotification(body(alert({ endsAt: "2026-11-23T09:00:00Z" }))).alerts[0]?.endsAt).toBeNull()
	})

	it("accepts an alert without annotations, severity, end and even a name", () => {
		const { alerts } = parseNotification(
			body(alert({ annotations: null, labels: {}, endsAt: null, generatorURL: null })),
		)
		expect(alerts).toMatchObject([{ alertname: "(unnamed alert)", severity: "other", annotations: {} }])
	})

	it.each([
		["no start", { startsAt: "0001-01-01T00:00:00Z" }, "startsAt"],
		["a label that is no text", { labels: { a: 1 } }, "labels.a"],
		["no fingerprint", { fingerprint: "" }, "fingerprint"],
		["an unknown status", { status: "pending" }, "status"],
	])("separates an alert with %s, with the reason", (_, change, field) => {
		const { alerts, malformed } = parseNotification(body(alert(), alert(change)))
		expect(alerts).toHaveLength(1)
		expect(malformed[0]?.problem).toContain(field)
	})

	it("either reads any JSON or refuses it as a bad request", () => {
		fc.assert(
			fc.property(fc.jsonValue(), (anything) => {
				try {
					parseNotification(anything)
				} catch (error) {
					expect(error).toMatchObject({ code: "bad_request" })
				}
			}),
		)
	})
})

describe("digestOf", () => {
	it("is the same for the same alerts in another order, and another for another state or channel", () => {
		const [a, b] = [alert(), alert({ fingerprint: "b" })]
		const digest = digestOf("slack", parseNotification(body(a, b)))
		expect(digestOf("slack", parseNotification(body(b, a)))).toBe(digest)
		expect(digestOf("pagerduty", parseNotification(body(a, b)))).not.toBe(digest)
		expect(digestOf("slack", parseNotification(body(a, { ...b, status: "resolved" })))).not.toBe(digest)
	})
})

describe("titleOf", () => {
	it("counts by state and names each alert once", () => {
		const names = ["a", "b", "c", "d", "e", "a"].map((alertname, i) =>
			alert({ labels: { alertname }, fingerprint: String(i), status: i === 5 ? "resolved" : "firing" }),
		)
		expect(titleOf(parseNotification(body(...names)))).toBe("5 firing: a, b, c, d and 1 more; 1 resolved: a")
	})
})
