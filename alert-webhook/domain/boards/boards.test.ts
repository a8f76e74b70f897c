/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: Grafana writes its variables so */
import { describe, expect, it } from "vitest"
import { comparisonIn } from "./comparison.ts"
import { shownValue, thresholdColour } from "./fields.ts"
import { durationMs, parseBoard } from "./model.ts"
import { builtIns, rangeOf, stepOf } from "./range.ts"
import { formatValue } from "./units.ts"
import { ALL, chosenOf, filtered, interpolate, optionQuery } from "./variables.ts"

const HOUR = 3_600_000

describe("a value", () => {
	it.each([
		[1234, "short", undefined, "1.23 K"],
		[1234, "short", 0, "1.23 K"],
		[3, "short", 0, "3"],
		[3541.2, "locale", 0, "3,541"],
		[0, "locale", 0, "0"],
		[0, "short", 2, "0"],
		[0.0042, "short", undefined, "0.0042"],
		[90, "s", undefined, "1.5 mins"],
		[0.25, "s", undefined, "250 ms"],
		[7200, "s", undefined, "2 hours"],
		[0.123, "percentunit", 1, "12.3%"],
		[99.94, "percent", 1, "99.9%"],
		[12.5, "currencyUSD", 2, "$12.50"],
		[2048, "bytes", undefined, "2 KiB"],
		[5, "suffix:/s", undefined, "5/s"],
		[Number.POSITIVE_INFINITY, "s", undefined, "∞"],
		[1.5, "a unit of another plugin", undefined, "1.5"],
	])("%d in %s with %s decimals is %s", (value, unit, decimals, text) => {
		expect(formatValue(value, unit, decimals)).toBe(text)
	})

	it("has the text and colour of its mapping, of its threshold, or the words for no value", () => {
		const config = {
			unit: "none",
			noValue: "nothing yet",
			thresholds: {
				mode: "absolute",
				steps: [
					{ value: null, color: "red" },
					{ value: 2, color: "green" },
				],
			},
			mappings: [
				{ type: "value" as const, options: { "7": { text: "seven", color: "blue" } } },
				{ type: "range" as const, options: { from: 8, to: null, result: { text: "many" } } },
			],
		}
		const show = (value: unknown) => shownValue(value, config, 0)
		expect(show(1)).toMatchObject({ text: "1", color: "red" })
		expect(show(2)).toMatchObject({ text: "2", color: "green" })
		expect(show(7)).toMatchObject({ text: "seven", color: "blue" })
		expect(show(9)).toMatchObject({ text: "many", color: "green" })
		expect(show(Number.NaN)).toMatchObject({ text: "nothing yet", empty: true })
		expect(
			thresholdColour(50, {
				...config,
				min: 0,
				max: 200,
				thresholds: {
					mode: "percentage",
					steps: [
						{ value: 0, color: "red" },
						{ value: 50, color: "green" },
					],
				},
			}),
		).toBe("red")
	})
})

describe("a range", () => {
	it.each([
		["now-6h", "now", { from: -6 * HOUR, to: 0 }],
		["1970-01-01T00:00:00Z", "1970-01-02T00:00:00Z", { from: 0, to: 24 * HOUR }],
		["now", "now-1h", undefined],
		["now-2y", "now", undefined],
		["yesterday", "now", undefined],
		["now-x", "now", undefined],
	])("from %s to %s is %j", (from, to, range) => {
		expect(rangeOf(from, to, 0)).toEqual(range)
	})

	it("has a round step of a few hundred points, never below the panel's own", () => {
		expect(stepOf({ from: 0, to: HOUR }, 15_000)).toBe(15_000)
		expect(stepOf({ from: 0, to: 24 * HOUR }, 60_000)).toBe(300_000)
		expect(stepOf({ from: 0, to: 24 * HOUR }, 900_000)).toBe(900_000)
	})

	it("has a rate interval of four scrapes or more", () => {
		expect(builtIns({ from: 0, to: HOUR }, 15_000)).toMatchObject({
			__interval: "15s",
			__rate_interval: "60s",
			__range: "3600s",
		})
		expect(builtIns({ from: 0, to: HOUR }, 300_000).__rate_interval).toBe("315s")
	})

	it.each([
		["30s", 30_000],
		["7d", 7 * 24 * HOUR],
		["1 day", undefined],
	])("reads the duration %s", (text, ms) => {
		expect(durationMs(text)).toBe(ms)
	})
})

describe("a variable", () => {
	const variable = parseBoard(
		{
			uid: "x",
			title: "X",
			templating: {
				list: [{ name: "server", type: "query", multi: true, includeAll: true, current: { value: ["$__all"] } }],
			},
			panels: [],
		},
		"developer",
	).variables[0]
	if (!variable) throw new Error("the board has no variable")
	const options = ["a.b", 'c"d', "e"]
	const scope = (...values: string[]) => ({ server: { variable, options, values } })

	it("becomes a regular expression in PromQL, a list in SQL, and words in a text", () => {
		const expr = 'up{server=~"$server"}'
		expect(interpolate(expr, scope("e"), "promql")).toBe('up{server=~"e"}')
		expect(interpolate(expr, scope("a.b", 'c"d'), "promql")).toBe('up{server=~"(a\\\\.b|c\\"d)"}')
		expect(interpolate("[[server]] ${server:csv}", scope(ALL), "promql")).toBe('(a\\\\.b|c\\"d|e) a.b,c"d,e')
		expect(interpolate("in (${server})", { server: { variable, options, values: ["it's"] } }, "sql")).toBe(
			"in ('it''s')",
		)
		expect(interpolate("$server and $other", scope("e"), "text")).toBe("e and $other")
	})

	it("is what was asked for as far as it is an option, then the board's choice", () => {
		expect(chosenOf(variable, options, ["e", "gone"]).values).toEqual(["e"])
		expect(chosenOf(variable, options, ["gone"]).values).toEqual([ALL])
		expect(chosenOf(variable, options, ["e", ALL]).values).toEqual([ALL])
		expect(chosenOf({ ...variable, multi: false, includeAll: false }, options, undefined).values).toEqual(["a.b"])
	})

	it.each([
		["label_values(server)", { expr: 'group by (server) (last_over_time({server!=""}[$__range]))', label: "server" }],
		[
			'label_values(up{job="$job"}, server)',
			{ expr: 'group by (server) (last_over_time(up{job="$job"}[$__range]))', label: "server" },
		],
		["query_result(topk(3, up))", { expr: "topk(3, up)" }],
		["something else", undefined],
	])("asks %s as PromQL", (query, asked) => {
		expect(optionQuery({ query })).toEqual(asked)
	})

	it("keeps the options that its filter matches, and the first group of each", () => {
		expect(filtered(["b-10", "b-9", "c"], "/b-(\\d+)/")).toEqual(["9", "10"])
		expect(filtered(["b", "a", "b"], "")).toEqual(["a", "b"])
	})
})

describe("an alert's expression", () => {
	it.each([
		["sum(rate(a[5m])) > 0.1", { value: "sum(rate(a[5m]))", operator: ">", limit: "0.1" }],
		["cost > 50 * 0.95", { value: "cost", operator: ">", limit: "50 * 0.95" }],
		["(a > 0.9 and on () b >= 3) or c == 0", { value: "a", operator: ">", limit: "0.9" }],
		["5 < a", { value: "a", operator: ">", limit: "5" }],
		["a > b", undefined],
		["absent(up)", undefined],
		["a >", undefined],
	])("%s compares %j", (expr, comparison) => {
		expect(comparisonIn(expr)).toEqual(comparison)
	})
})
