import { execFileSync } from "node:child_process"
import path from "node:path"
import { SCRAPED } from "../../../exporters/app.ts"
import { freePort } from "../../support/postgres.ts"
import { startProgram } from "../../support/process.ts"
import { AS_PROMETHEUS, type Durations, repeat } from "./figures.ts"

export interface ManySeries {
	readonly series: number
	/** Resident bytes of the exporters' whole process. */
	readonly rss: number
	readonly bytes: number
	/** A scrape of all four paths. */
	readonly scrapes: Durations
}

const START = "1795359185000000000"

/** The real exporters' process, whose senders have as many servers, methods, models and metrics as the caps allow. */
export async function measureManySeries(databaseUrl: string): Promise<ManySeries> {
	const [port, otlpPort] = [await freePort(), await freePort()]
	const url = `http://127.0.0.1:${port}`
	const environment = [
		`DATABASE_URL=${databaseUrl}`,
		`EXPORTERS_LISTEN=127.0.0.1:${port}`,
		`OTLP_LISTEN=127.0.0.1:${otlpPort}`,
		"LOG_LEVEL=warn",
	]
	const main = path.join(import.meta.dirname, "../../../exporters/main.ts")
	const exporters = await startProgram(
		"env",
		[...environment, process.execPath, "--import", "tsx", main],
		`${url}/healthz`,
	)
	try {
		for (const [signal, body] of Object.entries(TELEMETRY)) {
			const headers = { "content-type": "application/json" }
			const sent = await fetch(`http://127.0.0.1:${otlpPort}/v1/${signal}`, { method: "POST", headers, body })
			if (!sent.ok) throw new Error(`the exporters answered ${sent.status}: ${await sent.text()}`)
		}
		let texts: string[] = []
		const scrapes = await repeat(200, async () => {
			texts = []
			for (const group of SCRAPED) texts.push(await (await fetch(`${url}/metrics/${group}`, AS_PROMETHEUS)).text())
		})
		return {
			series: texts.join("\n").match(/^[^#\n]/gm)?.length ?? 0,
			rss: 1024 * Number(execFileSync("ps", ["-o", "rss=", "-p", String(exporters.pid)], { encoding: "utf8" })),
			bytes: texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0),
			scrapes,
		}
	} finally {
		await exporters.stop()
	}
}

const attributes = (texts: Readonly<Record<string, string>>) =>
	Object.entries(texts).map(([key, stringValue]) => ({ key, value: { stringValue } }))
const times = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i))
const span = (name: string, texts: Readonly<Record<string, string>>) => ({
	traceId: "0af7651916cd43dd8448eb211c80319c",
	spanId: "b7ad6b7169203331",
	name,
	kind: 3,
	startTimeUnixNano: START,
	endTimeUnixNano: "1795359185250000000",
	attributes: attributes(texts),
})

const SPANS = [
	...times(200, (i) =>
		span(`mcp.server-of-team-${i}.search`, { "rpc.system": "mcp", "rpc.service": `server-of-team-${i}` }),
	),
	...times(200, (i) => span(`mcp.connection.server-of-team-${i}`, { "mcp.server": `server-of-team-${i}` })),
	...times(50, (i) => span(`mcp.method/${i}`, { "mcp.method": `method/${i}` })),
	...times(60, (i) => span(`claude.operation_${i}`, {})),
]
const LOGS = times(50, (i) => ({
	timeUnixNano: START,
	body: { stringValue: "claude_code.api_request" },
	attributes: attributes({ model: `model-${i}`, duration_ms: "250" }),
}))
const gauge = (i: number) => ({
	name: `metric.of.application.${i}`,
	gauge: { dataPoints: [{ timeUnixNano: START, asDouble: i }] },
})

const TELEMETRY = {
	traces: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: SPANS }] }] }),
	logs: JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: LOGS }] }] }),
	metrics: JSON.stringify({
		resourceMetrics: times(10, (i) => ({
			resource: { attributes: attributes({ "service.name": `application-${i}` }) },
			scopeMetrics: [{ scope: { name: "mcp-observatory.captured" }, metrics: times(200, gauge) }],
		})),
	}),
}
