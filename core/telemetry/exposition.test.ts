import { describe, expect, it } from "vitest"
import { SERIES } from "../catalogue/index.ts"
import { exposition } from "./exposition.ts"

const TEXT = `# HELP a_total Says "hello" and \\\\n.
# TYPE a_total counter
a_total{x="say \\"hi\\""} 1

# HELP b_seconds How long.
# TYPE b_seconds histogram
b_seconds_bucket{le="1"} 2
b_seconds_bucket{le="+Inf"} 3
b_seconds_sum 4.5
b_seconds_count 3

# HELP c_info Who.
# TYPE c_info gauge
# HELP odd Counts.
# TYPE odd counter
odd 7
`
const PROMETHEUS_2 =
	"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
const PROMETHEUS_3 =
	"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"

describe("a scrape's answer", () => {
	it.each([
		["Prometheus 2", PROMETHEUS_2, "openmetrics"],
		["Prometheus 3", PROMETHEUS_3, "openmetrics"],
		["somebody who names OpenMetrics without a version", "application/openmetrics-text", "openmetrics"],
		["capital letters, spaces and quotes", 'Application/OpenMetrics-Text; Version="1.0.0"', "openmetrics"],
		["an old Prometheus that knows a draft only", "application/openmetrics-text; version=0.0.1,*/*;q=0.1", "text"],
		["somebody who prefers text", "application/openmetrics-text;q=0.4,text/plain", "text"],
		["somebody who refuses OpenMetrics", "application/openmetrics-text;q=0", "text"],
		["a browser", "text/html,application/xhtml+xml,*/*;q=0.8", "text"],
		["somebody who wants something else altogether", "application/json", "text"],
		["somebody who says nothing", undefined, "text"],
		["nonsense", ";;,=;q=x,", "text"],
	])("for %s is in the right format", (_, accept, format) => {
		const { contentType, body } = exposition(TEXT, accept)
		if (format === "text") expect([contentType, body]).toEqual(["text/plain; version=0.0.4; charset=utf-8", TEXT])
		else expect(contentType).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8")
		expect(body.endsWith("# EOF\n")).toBe(format === "openmetrics")
	})

	it("has in OpenMetrics the same samples, families without _total, escaped help and no empty line", () => {
		expect(exposition(TEXT, PROMETHEUS_2).body).toBe(`# HELP a Says \\"hello\\" and \\\\n.
# TYPE a counter
a_total{x="say \\"hi\\""} 1
# HELP b_seconds How long.
# TYPE b_seconds histogram
b_seconds_bucket{le="1"} 2
b_seconds_bucket{le="+Inf"} 3
b_seconds_sum 4.5
b_seconds_count 3
# HELP c_info Who.
# TYPE c_info gauge
# HELP odd Counts.
# TYPE odd unknown
odd 7
# EOF
`)
	})

	it("names no two families of the catalogue alike once the counters have lost their _total", () => {
		const families = SERIES.map(({ name, type }) => (type === "counter" ? name.replace(/_total$/, "") : name))
		expect(families.filter((name, i) => families.indexOf(name) !== i)).toEqual([])
		for (const { name, type } of SERIES) if (type === "counter") expect(name).toMatch(/_total$/)
	})
})
