import { describe, expect, it } from "vitest"
import { SERIES } from "../catalogue/index.ts"
import { insights } from "../catalogue/subjects/improvements.ts"
import { rollbackDuration } from "../catalogue/subjects/safety.ts"
import { formatFor, OPENMETRICS, TEXT } from "./format.ts"
import { MetricRegistry } from "./registry.ts"

const PROMETHEUS_2 =
	"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
const PROMETHEUS_3 =
	"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"

describe("a scrape's answer", () => {
	it.each([
		["Prometheus 2", PROMETHEUS_2, "openmetrics"],
		["Prometheus 3", PROMETHEUS_3, "openmetrics"],
		["a client that names OpenMetrics without a version", "application/openmetrics-text", "openmetrics"],
		["capital letters, spaces and quotes", 'Application/OpenMetrics-Text; Version="1.0.0"', "openmetrics"],
		["an old Prometheus that knows a draft only", "application/openmetrics-text; version=0.0.1,*/*;q=0.1", "text"],
		["a client that prefers text", "application/openmetrics-text;q=0.4,text/plain", "text"],
		["a client that refuses OpenMetrics", "application/openmetrics-text;q=0", "text"],
		["a browser", "text/html,application/xhtml+xml,*/*;q=0.8", "text"],
		["a client that wants another type", "application/json", "text"],
		["a client without an Accept header", undefined, "text"],
		["nonsense", ";;,=;q=x,", "text"],
	])("for %s is in the right format", (_, accept, format) => {
		expect(formatFor(accept)).toBe(format === "text" ? TEXT : OPENMETRICS)
	})

	it("has in OpenMetrics the same samples, families without _total, no empty line and an end", async () => {
		const telemetry = new MetricRegistry()
		telemetry.counter(insights).inc({ category: 'say "hi"' })
		telemetry.histogram(rollbackDuration).observe({}, 700)
		const [text, openmetrics] = [await telemetry.exposeAll(TEXT), await telemetry.exposeAll(OPENMETRICS)]
		const again = await telemetry.exposeAll(TEXT)
		expect(again).toBe(text)
		const samples = (exposed: string) => exposed.split("\n").filter((line) => line !== "" && !line.startsWith("#"))
		expect(samples(openmetrics)).toEqual(samples(text))
		expect(openmetrics).toContain('autonomous_insights_total{category="say \\"hi\\""} 1\n')
		expect(openmetrics).toContain(`# HELP autonomous_insights ${insights.help}\n# TYPE autonomous_insights counter\n`)
		expect(text).toContain("# TYPE autonomous_insights_total counter\n")
		expect(openmetrics).not.toContain("\n\n")
		expect(openmetrics.endsWith("\n# EOF\n")).toBe(true)
		expect(text).not.toContain("# EOF")
	})

	it("needs no escapes in a help text, which prom-client does not escape as OpenMetrics wants it", () => {
		expect(SERIES.filter(({ help }) => /["\\\n]/.test(help))).toEqual([])
	})

	it("of a group without series is empty", async () => {
		const telemetry = new MetricRegistry()
		expect([await telemetry.expose("business"), await telemetry.expose("business", OPENMETRICS)]).toEqual([
			"",
			"# EOF\n",
		])
	})

	it("names no two families of the catalogue alike once the counters have lost their _total", () => {
		const families = SERIES.map(({ name, type }) => (type === "counter" ? name.replace(/_total$/, "") : name))
		expect(families.filter((name, i) => families.indexOf(name) !== i)).toEqual([])
		for (const { name, type } of SERIES) if (type === "counter") expect(name).toMatch(/_total$/)
	})
})
