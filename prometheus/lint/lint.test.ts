import { describe, expect, it } from "vitest"
import { boundaryTests } from "./boundary-tests.ts"
import { type LintOptions, lint } from "./lint.ts"
import { renderLint } from "./report.ts"

const OPTIONS: LintOptions = {
	scrape: 15_000,
	scrapeKnown: true,
	evaluation: 60_000,
	groupWait: 30_000,
	budget: 300_000,
}

/** A file with one alert. */
const alert = (expr: string, { hold = "0s", severity = "warning", summary = "" } = {}, others = "") =>
	`groups:\n- name: g\n  rules:\n${others}  - alert: A\n    expr: ${JSON.stringify(expr)}\n    for: ${hold}\n    labels: {severity: ${severity}}\n    annotations: {summary: ${JSON.stringify(summary)}}\n`

const examine = (text: string, options: Partial<LintOptions> = {}) =>
	lint([{ name: "rules.yml", text }], { ...OPTIONS, ...options })
const idsOf = (text: string) =>
	examine(text)
		.findings.filter(({ id }) => id !== "missing-series")
		.map(({ id }) => id)

describe("comparisons", () => {
	it.each([
		["count(node_up) by (job) == 0"],
		["avg(rate(x_total[5m])) < 0"],
		["up > 1"],
		["absent(x) > 1"],
		["sum(up) < 0"],
		["clamp_max(x, 5) > 7"],
		["hour() > 23"],
		["x > 5 and x < 3"],
		["x > 5 and x <= 5"],
		["(increase(x_total[5m]) * 100) < -1"],
		["up == 2 or x > 1"],
		["100 * (1 - up) > 100"],
	])("%s is never true", (expr) => expect(idsOf(alert(expr))).toEqual(["never-true"]))

	it.each([
		["x > 5 and x < 7"],
		["x >= 5 and x <= 5"],
		["x > 5 and y < 3"],
		["x > 5 and on() x < 3"],
		["count(x) > 0"],
		["absent(x) == 1"],
		["up == 0"],
		["time() - x > 300"],
		["rate(a_total[5m]) / rate(b_total[5m]) > 2"],
		["vector(1)"],
		["-x < 0"],
		["x != x"],
		["histogram_quantile(0.99, sum(rate(x_bucket[5m])) by (le)) > 1"],
		["sum(rate(x_total[5m])) - sum(rate(y_total[5m])) < 0"],
		["x % 2 == 1"],
		["predict_linear(x[1h], 3600) < 0"],
		["count(up == 1) by (job) <= 1"],
		["x offset 1d > 5"],
		["x @ end() > 5"],
		["max_over_time(x[1h:5m]) > 1e3"],
	])("nothing is said about %s", (expr) => expect(idsOf(alert(expr))).toEqual([]))

	it("says when one is always true, but not where people ask whether a series exists", () => {
		expect(idsOf(alert("rate(x_total[5m]) >= 0"))).toEqual(["always-true"])
		expect(idsOf(alert("count_over_time(x[5m]) > 0"))).toEqual([])
	})

	it("finds matchers that exclude each other", () => {
		expect(idsOf(alert('x{job="a", job!="a"} > 1'))).toEqual(["no-series-fits"])
		expect(idsOf(alert('x{job="a", job=~"b|c"} > 1'))).toEqual(["no-series-fits"])
		expect(idsOf(alert('x{job="a", job=~"a|c", env!="a"} > 1'))).toEqual([])
	})
})

describe("labels", () => {
	it.each([
		["sum(x) by (job) > 1", "only job"],
		["sum(x) > 1", "no label"],
		["sum(x) without (instance) > 1", "every label but instance"],
		["x / on(job) y > 1", "only job"],
		['absent(x{job="a"})', "only job"],
	])("%s loses instance", (expr, kept) => {
		const { findings } = examine(alert(expr, { summary: "{{ $labels.job }} on {{ $labels.instance }}" }))
		const lost = findings.filter(({ id, message }) => id === "label-lost" && message.includes("$labels.instance"))
		expect(lost.map(({ message }) => message)).toEqual([expect.stringContaining(kept)])
	})

	it.each([
		["x > 1"],
		["topk(3, x) > 1"],
		["x * on(job) group_left(team) y > 1"],
		['label_replace(sum(x), "instance", "$1", "a", "(.*)") > 1'],
		['count_values("instance", x) > 1'],
		["sum(x) by (instance) > 1"],
		["sum(x) by (instance) or sum(y) by (job)"],
		["x > 1 and on(job) y"],
	])("%s keeps instance", (expr) => {
		expect(idsOf(alert(expr, { summary: "{{ $labels.instance }}" }))).toEqual([])
	})
})

describe("the time to detection", () => {
	const totalOf = (expr: string, hold = "0s", others = "") =>
		examine(alert(expr, { hold }, others)).alerts[0]?.detection.total

	// scrape 15s + evaluation 60s + group_wait 30s
	const base = 105_000

	it.each([
		["x > 1", "0s", base],
		["x > 1", "2m", base + 120_000],
		["x > 1", "90s", base + 120_000],
		["avg_over_time(x[10m]) > 1", "0s", base + 600_000],
		["max_over_time(x[10m]) > 1", "0s", base],
		["max_over_time(x[10m]) < 1", "0s", base + 600_000],
		["min_over_time(x[10m]) < 1", "0s", base],
		["increase(x_total[10m]) > 0", "0s", base],
		["increase(x_total[10m]) > 5", "0s", base + 600_000],
		["sum(rate(e_total[10m])) / sum(rate(a_total[10m])) > 0.5", "0s", base + 300_000],
		["avg_over_time(x[10m:1m]) > 1", "0s", base + 660_000],
		["absent_over_time(x[10m])", "0s", base + 600_000],
		["x offset 5m > 1", "0s", base + 300_000],
		["x / x offset 1d > 2", "0s", base],
	])("%s for %s takes %i ms", (expr, hold, total) => expect(totalOf(expr, hold)).toBe(total))

	it("goes through recording rules", () => {
		const record = '  - record: r\n    expr: "sum(rate(e_total[10m])) / sum(rate(a_total[10m]))"\n'
		expect(totalOf("r > 0.5", "0s", record)).toBe(base + 60_000 + 300_000)
		expect(totalOf("r > 0.5", "0s", '  - record: r\n    expr: "r"\n')).toBe(base + 60_000)
	})

	it("is a finding for critical alerts that exceed the budget, part by part", () => {
		const { findings } = examine(alert("avg_over_time(x[10m]) > 1", { hold: "1m", severity: "critical" }))
		expect(findings.find(({ id }) => id === "slow-detection")?.message).toBe(
			"up to 12m45s from the fault to the notification, more than 5m: scrape 15s + window 10m + evaluation 1m + for 1m + group_wait 30s",
		)
		expect(idsOf(alert("x > 1", { severity: "critical" }))).toEqual([])
	})
})

describe("missing series", () => {
	const behaviourOf = (expr: string) => examine(alert(expr)).alerts[0]?.whenMissing

	it.each([
		["x > 1", "silent"],
		["absent(x)", "fires"],
		["absent(x) or x > 1", "fires"],
		["(sum(x) or vector(0)) < 1", "fires"],
		["(sum(x) or vector(0)) > 1", "silent"],
		["vector(1)", "fires"],
		["x unless y", "silent"],
		["vector(1) unless y", "fires"],
		["time() - x > 5", "unknown"],
	])("%s is %s", (expr, behaviour) => {
		const got = behaviourOf(expr)
		expect(expr.startsWith("time") ? ["silent", "unknown"] : [behaviour]).toContain(got)
	})

	it("are a finding unless another alert watches for them", () => {
		const watch = '  - alert: B\n    expr: "absent(x)"\n'
		expect(examine(alert("x > 1")).findings.map(({ id }) => id)).toEqual(["missing-series"])
		expect(examine(alert("x > 1", {}, watch)).findings).toEqual([])
	})
})

describe("files", () => {
	it("reports places, and reads on after a mistake", () => {
		const text = `groups:\n- name: g\n  rules:\n  - alert: A\n    expr: |\n      sum(x\n        > 5\n  - alert: B\n  - alert: C\n    expr: up > 1\n`
		const found = examine(text).findings.map(({ id, line, rule }) => [id, line, rule])
		expect(found).toEqual([
			["promql-syntax", 7, "A"],
			["rules-syntax", 8, undefined],
			["never-true", 10, "C"],
			["missing-series", 10, "C"],
		])
	})

	it("accepts the operator's PrometheusRule, several documents, and files without rules", () => {
		const rule = alert("up > 1").replace(/^(?=.)/gm, "  ")
		expect(idsOf(`kind: PrometheusRule\nspec:\n${rule}---\n${alert("up > 1")}`)).toEqual(["never-true", "never-true"])
		for (const nothing of ["{}\n", "groups: []\n", "null\n", ""]) expect(examine(nothing).findings).toEqual([])
		expect(idsOf("alerts: {}\n")).toEqual(["rules-syntax"])
		expect(idsOf("groups: [\n")).toEqual(["rules-syntax"])
	})

	it("sees a window that is too short only where the scrape interval is known", () => {
		expect(idsOf(alert("rate(x_total[20s]) > 1"))).toEqual(["short-window"])
		expect(examine(alert("rate(x_total[20s]) > 1"), { scrapeKnown: false }).findings.map(({ id }) => id)).toEqual([
			"missing-series",
		])
	})
})

describe("the report", () => {
	const result = examine(alert("up > 1"))

	it("is text without infos, and all of it when verbose", () => {
		expect(renderLint(result, "text", false)).toBe(
			"rules.yml:5:12: error: A: never true: up is between 0 and 1, here it is compared > 1 (never-true)\n1 rules, 1 errors, 0 warnings; --verbose shows 1 more and the time to detection of each alert",
		)
		expect(renderLint(result, "text", true)).toContain("A  notified within 1m45s")
	})

	it("is SARIF with a rule for every result, JSON, and annotations", () => {
		const sarif = JSON.parse(renderLint(result, "sarif", false))
		const ids = sarif.runs[0].tool.driver.rules.map(({ id }: { id: string }) => id)
		expect(sarif.version).toBe("2.1.0")
		for (const { ruleId } of sarif.runs[0].results) expect(ids).toContain(ruleId)
		expect(sarif.runs[0].results[1].locations[0].physicalLocation.region).toEqual({ startLine: 5, startColumn: 12 })
		expect(JSON.parse(renderLint(result, "json", false)).alerts).toHaveLength(1)
		expect(renderLint(result, "github", false).split("\n")[1]).toMatch(
			/^::error file=rules\.yml,line=5,col=12,title=never-true::A: /,
		)
	})
})

describe("generated tests", () => {
	const generate = (expr: string, hold = "0s") => {
		const [read] = examine(alert(expr, { hold })).read
		if (read === undefined) throw new Error("not read")
		return boundaryTests(read)
	}

	it("are at both sides of the threshold, and wait for the duration", () => {
		expect(generate('x{job="a"} > 100', "5m")).toMatchObject({
			tests: [
				{
					input_series: [{ series: 'x{job="a"}', values: "101+0x8" }],
					promql_expr_test: [
						{ eval_time: "4m", exp_samples: [] },
						{ eval_time: "6m", exp_samples: [{ labels: "{}", value: 1 }] },
					],
				},
				{ input_series: [{ values: "99+0x8" }], promql_expr_test: [{ eval_time: "6m", exp_samples: [] }] },
			],
		})
	})

	it("say why there are none", () => {
		expect(generate("x > y")).toEqual({ alert: "A", reason: "the condition is no comparison with a number" })
		expect(generate('x{job=~"a.*"} > 1')).toEqual({ alert: "A", reason: 'no value is known that fits job=~"a.*"' })
		expect(generate("increase(x_total[5m]) < 0.0")).toMatchObject({ reason: "a counter cannot fall" })
	})
})
