import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { parse } from "yaml"
import type { AlertRule } from "../../../core/clients/prometheus.ts"
import { countByComponent } from "./count-coverage.ts"

const rule = (labels: Record<string, string>, health = "ok"): AlertRule => ({
	name: "x",
	query: "up == 0",
	duration: 0,
	annotations: {},
	file: "alerts.yml",
	every: 15,
	labels,
	health,
})
const countsOf = (rules: readonly AlertRule[]) =>
	Object.fromEntries(countByComponent(rules).map(({ component, count }) => [component, count]))

describe("alert coverage", () => {
	it("counts the critical and warning rules of a component that are evaluated", () => {
		const counts = countsOf([
			rule({ component: "database", severity: "critical" }),
			rule({ component: "database", severity: "warning" }),
			rule({ component: "database", severity: "info" }),
			rule({ component: "mcp_servers", severity: "critical" }, "err"),
			rule({ severity: "critical" }),
			rule({ component: "sessions", severity: "critical" }),
		])
		expect(counts).toEqual({ database: 2, opentelemetry: 0, mcp_servers: 0, github_actions: 0, observatory: 0 })
	})

	it("is complete for the shipped alerts", () => {
		const text = readFileSync(new URL("../../../prometheus/rules/alerts.yml", import.meta.url), "utf8")
		const { groups } = parse(text) as { groups: { rules: { labels: Record<string, string> }[] }[] }
		const shipped = groups.flatMap(({ rules }) => rules).map(({ labels }) => rule(labels))
		expect(Object.entries(countsOf(shipped)).filter(([, count]) => count === 0)).toEqual([])
	})
})
