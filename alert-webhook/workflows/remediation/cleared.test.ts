import { expect, it } from "vitest"
import { hasElementFor, lookback } from "./cleared.ts"

const labels = { alertname: "mcp_server_degraded", severity: "warning", server: "everything" }

it.each([
	["there is no element", [], false],
	["an element of the same server is there", [{ labels: { server: "everything", job: "health" }, value: 1 }], true],
	["only another server is there", [{ labels: { server: "memory" }, value: 1 }], false],
	["an element without labels is there", [{ labels: {}, value: 1 }], true],
	["the series has its own name", [{ labels: { __name__: "x", server: "everything" }, value: 0 }], true],
])("says whether the alert met when %s", (_, elements, met) => {
	expect(hasElementFor(elements, labels, {})).toBe(met)
})

it("ignores the rule's own labels when series have other values of them", () => {
	const rule = { severity: "critical", component: "autonomy" }
	const incident = { alertname: "slow", server: "everything", ...rule }
	const element = { labels: { alertname: "other", server: "everything", component: "database" }, value: 1 }
	expect(hasElementFor([element], incident, rule)).toBe(true)
	expect(hasElementFor([{ ...element, labels: { ...element.labels, server: "memory" } }], incident, rule)).toBe(false)
})

it.each([
	["up == 0", 0],
	["rate(x[5m]) > 0.1 or max_over_time(y[1h30m:1m]) > 2", 90],
	['x{name=~"[a-z]+"} > 1', 0],
	["server:autonomous_mcp_errors:ratio_rate5m > 0.1", 5],
])("knows the lookback of %s", (expr, minutes) => {
	expect(lookback(expr)).toBe(minutes * 60_000)
})
