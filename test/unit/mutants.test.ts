import { describe, expect, it } from "vitest"
import { mutantsOf, testOf } from "../mutants/mutate.ts"

const changes = (expr: string, more: object = {}) =>
	mutantsOf({ alert: "a", expr, ...more }).map(({ kind, rule }) => [kind, rule.expr, rule.for ?? ""].join(" | "))

describe("mutants of a rule", () => {
	it("change each number, operator, window and matcher, one at a time, and leave names and texts alone", () => {
		expect(changes('max(increase(x_5m_total{kind="scope"}[10m])) > 0.5')).toEqual([
			'matcher | max(increase(x_5m_total{kind!="scope"}[10m])) > 0.5 | ',
			'window | max(increase(x_5m_total{kind="scope"}[5m])) > 0.5 | ',
			'window | max(increase(x_5m_total{kind="scope"}[20m])) > 0.5 | ',
			'operator | max(increase(x_5m_total{kind="scope"}[10m])) >= 0.5 | ',
			'operator | max(increase(x_5m_total{kind="scope"}[10m])) < 0.5 | ',
			'threshold | max(increase(x_5m_total{kind="scope"}[10m])) > 0.75 | ',
			'threshold | max(increase(x_5m_total{kind="scope"}[10m])) > 0.25 | ',
			'for | max(increase(x_5m_total{kind="scope"}[10m])) > 0.5 | 1m',
		])
	})

	it("change durations, and 0 to both sides", () => {
		expect(changes("x > 0", { for: "4m" })).toEqual([
			"operator | x >= 0 | 4m",
			"operator | x < 0 | 4m",
			"threshold | x > 1 | 4m",
			"threshold | x > -1 | 4m",
			"for | x > 0 | 2m",
			"for | x > 0 | 8m",
		])
	})

	it("are asked what their alert is asked, and nothing about another alert", () => {
		const promql_expr_test = [
			{
				expr: 'ALERTS{alertname=~"a|ab"}',
				exp_samples: [{ labels: '{alertname="a"}' }, { labels: '{alertname="ab"}' }],
			},
			{ expr: 'ALERTS{alertname="ab"}' },
		]
		expect(testOf({ promql_expr_test }, "a", "a__0m1")).toEqual([
			{
				expr: 'ALERTS{alertname=~"a__0m1|ab"}',
				exp_samples: [{ labels: '{alertname="a__0m1"}' }, { labels: '{alertname="ab"}' }],
			},
		])
	})
})
