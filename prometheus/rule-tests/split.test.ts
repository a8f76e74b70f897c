import { describe, expect, it } from "vitest"
import { onlyAlerts, splitTests } from "./split.ts"

const asks = (...exprs: string[]) => ({ promql_expr_test: exprs.map((expr) => ({ expr })) })

describe("rule tests", () => {
	it("are split by the alerts that they ask for", () => {
		const one = asks('count(ALERTS{alertname="a",severity="critical"})')
		const other = asks('ALERTS{alertname="a"}', 'ALERTS{alertname="a"}')
		const two = asks('ALERTS{alertname=~"b|a"}')
		expect(splitTests({ tests: [one, two, other] })).toEqual([
			{ alerts: ["a"], tests: { tests: [one, other] } },
			{ alerts: ["a", "b"], tests: { tests: [two] } },
		])
	})

	it("need all rules when an expression selects no alert by name", () => {
		const all = asks('ALERTS{alertname="a"}', "count(ALERTS)")
		const recording = asks("autonomous:health:score")
		const regex = asks('ALERTS{alertname=~"a.*"}')
		expect(splitTests({ tests: [all, recording, regex] }).map(({ alerts }) => alerts)).toEqual([[]])
	})

	it("leave a rule file without the other alerts, and with what records", () => {
		const groups = [
			{ name: "critical", rules: [{ alert: "a" }, { alert: "b" }] },
			{ name: "warning", rules: [{ alert: "b" }] },
			{ name: "records", rules: [{ record: "r" }] },
		]
		expect(onlyAlerts({ groups }, ["a"]).groups).toEqual([
			{ name: "critical", rules: [{ alert: "a" }] },
			{ name: "records", rules: [{ record: "r" }] },
		])
	})
})
