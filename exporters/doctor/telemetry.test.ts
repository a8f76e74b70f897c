import { createServer } from "node:http"
import { describe, expect, it, onTestFinished } from "vitest"
import { bind } from "../../core/lib/http.ts"
import { describeTelemetry, examineTelemetry } from "./telemetry.ts"

const EXPOSITION = `# TYPE autonomous_telemetry_unknown_total counter
autonomous_telemetry_unknown_total{signal="log_record",name="claude_code.plugin_loaded"} 3
autonomous_telemetry_unknown_total{signal="span",name="GET \\"/a\\""} 12
autonomous_telemetry_unknown_total{signal="span",name="new"} 0
autonomous_telemetry_unusable_total{signal="metric_point",name="claude_code.token.usage",reason="stale"} 2
autonomous_telemetry_spans_received_total 12
`

describe("the doctor's chapter about telemetry", () => {
	it("names what was not understood and what was refused, the most frequent first", () => {
		expect(describeTelemetry(EXPOSITION).map(({ text }) => text)).toEqual([
			"refused, because it cannot be right: metric point claude_code.token.usage (stale): 2",
			'not understood: span GET "/a": 12, log record claude_code.plugin_loaded: 3',
		])
	})

	it("names no more than twenty", () => {
		const line = (i: number) => `autonomous_telemetry_unknown_total{signal="span",name="s${i}"} 1`
		const [finding] = describeTelemetry(Array.from({ length: 25 }, (_, i) => line(i)).join("\n"))
		expect(finding?.text).toMatch(/, and 5 others$/)
	})

	it("reports that all is understood, that the exporters do not run, or that they want a token", async () => {
		expect(describeTelemetry("")).toMatchObject([{ state: "good" }])
		const server = createServer(({ headers }, res) => {
			res.writeHead(headers.authorization === "Bearer right" ? 200 : 401).end(EXPOSITION)
		})
		const { port } = await bind(server, { host: "127.0.0.1", port: 0 }, "EXPORTERS_LISTEN")
		onTestFinished(() => void server.close())
		const address = { host: "127.0.0.1", port }
		expect(await examineTelemetry(address, "right")).toHaveLength(2)
		expect(await examineTelemetry(address, undefined)).toMatchObject([{ state: "note", advice: /METRICS_TOKEN/ }])
		server.closeAllConnections()
		await new Promise((resolve) => server.close(resolve))
		expect(await examineTelemetry(address, "right")).toMatchObject([{ text: expect.stringContaining("do not run") }])
	})
})
