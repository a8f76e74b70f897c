import express from "express"
import { describe, expect, inject, it, onTestFinished } from "vitest"
import { httpRequestDuration } from "../../core/catalogue/subjects/observatory.ts"
import { listen } from "../../core/lib/http.ts"
import { silentLogger } from "../../core/lib/log.ts"
import { createApp, SCRAPED } from "../../exporters/app.ts"
import { contractDatabase } from "../support/contract-databases.ts"
import { parseSamples, testExporter } from "../support/exporter.ts"
import { eventually } from "../support/process.ts"
import { startPrometheus } from "../support/prometheus.ts"
import { complaints } from "../support/scrape.ts"

const OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
/** Names that need escaping, in every kind of series that takes names from outside. */
const ROWS = `
insert into observatory.insights (category, confidence) values (E'quote " slash \\\\ é 😀', 0.5), ('plain', 0.25);
insert into observatory.claude_sessions (id, source, status, model, ended_at, input_tokens, cost_usd)
	values ('a', 'test', 'completed', E'm"{},=\\\\ # EOF\\n line', now(), 10, 0.5);
insert into observatory.events (type) values ('improvement_deployed');
`

interface Answered {
	readonly path: string
	readonly accept: string | undefined
	readonly contentType: string
}

/** The exporters' web server in front of a database with those rows; remembers what was asked and answered. */
async function serve() {
	const database = await contractDatabase(inject("postgresUrl"))
	await database.run(ROWS)
	const exporter = testExporter(database.url)
	await exporter.collect()
	const app = createApp({
		telemetry: exporter.telemetry,
		requests: exporter.telemetry.histogram(httpRequestDuration),
		log: silentLogger,
	})
	const answered: Answered[] = []
	const listening = express().use((req, res, next) => {
		const { accept } = req.headers
		res.once("finish", () =>
			answered.push({ path: req.path, accept, contentType: String(res.getHeader("content-type")) }),
		)
		next()
	}, app)
	const server = await listen(listening, { host: "127.0.0.1", port: 0 }, "TEST")
	onTestFinished(async () => {
		await server.close()
		await exporter.close()
		await database.close()
	})
	return { url: server.url, answered }
}

describe("what Prometheus is answered", () => {
	it("is OpenMetrics on request, readable to the last sample with every type", async () => {
		const { url, answered } = await serve()
		const prometheus = await startPrometheus(
			{
				global: { scrape_interval: "1s" },
				scrape_configs: SCRAPED.map((group) => ({
					job_name: group,
					metrics_path: `/metrics/${group}`,
					static_configs: [{ targets: [new URL(url).host] }],
				})),
			},
			{},
		)
		onTestFinished(() => prometheus.stop())
		const query = async (text: string) =>
			(await prometheus.ask("query", { query: text })) as { metric: Record<string, string>; value: [number, string] }[]
		await eventually(
			() => query("up"),
			(up) => up.length === SCRAPED.length && up.every(({ value }) => value[1] === "1"),
		)

		for (const group of SCRAPED) {
			const asked = answered.find(({ path }) => path === `/metrics/${group}`)
			expect(asked?.accept).toMatch(/^application\/openmetrics-text/)
			expect(asked?.contentType).toBe(OPENMETRICS)
			const text = await (await fetch(`${url}/metrics/${group}`)).text()
			expect(complaints(text)).toBe("")
			// Of the health group's requests, the ones of now are not those of Prometheus' latest scrape.
			const ours = [...parseSamples(text).keys()].filter((sample) => !sample.includes("http_request"))
			const theirs = await query(
				`{job="${group}",__name__=~"(autonomous|observatory)_.+",__name__!~".*http_request.*"}`,
			)
			expect(theirs.length).toBe(ours.length)
		}

		const one = async (text: string) => (await query(text)).map(({ metric, value }) => [metric.category, value[1]])
		expect(await one("autonomous_insights_total > 0")).toEqual(
			expect.arrayContaining([
				['quote_"_slash_\\_é_😀', "1"],
				["plain", "1"],
			]),
		)
		expect(await one('autonomous_events_total{type="improvement_deployed"}')).toEqual([[undefined, "1"]])
		const [cost] = await query("autonomous_session_cost_usd_total > 0")
		expect([cost?.metric.model, cost?.value[1]]).toEqual(['m"{},=\\ # EOF\n line', "0.5"])
		expect(await one('autonomous_analysis_confidence_ratio_bucket{le=~"1|1.0"}')).toEqual([[undefined, "2"]])

		const response = await fetch(`${prometheus.url}/api/v1/metadata`)
		const { data } = (await response.json()) as { data: Record<string, { type: string; help: string }[]> }
		expect(data.autonomous_events?.[0]).toMatchObject({ type: "counter" })
		expect(data.autonomous_session_duration_seconds?.[0]).toMatchObject({ type: "histogram" })
	})

	it("is every group's series on /metrics, the path that scrapers use by default", async () => {
		const { url } = await serve()
		const response = await fetch(`${url}/metrics`)
		expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/)
		const text = await response.text()
		expect(complaints(text)).toBe("")
		const all = new Set(parseSamples(text).keys())
		for (const group of SCRAPED) {
			const one = await (await fetch(`${url}/metrics/${group}`)).text()
			const missing = [...parseSamples(one).keys()].filter(
				(sample) => !all.has(sample) && !sample.includes("http_request"),
			)
			expect(missing).toEqual([])
		}
		expect((await fetch(`${url}/metrics/unknown`)).status).toBe(404)
	})

	it("is the text format for other clients, and varies by Accept", async () => {
		const { url } = await serve()
		const get = async (accept: string) => {
			const response = await fetch(`${url}/metrics/safety`, { headers: { accept } })
			const { headers } = response
			return { type: headers.get("content-type"), vary: headers.get("vary"), text: await response.text() }
		}
		for (const accept of ["*/*", "text/plain;version=0.0.4", "application/json"]) {
			const { type, vary, text } = await get(accept)
			expect([type, vary]).toEqual(["text/plain; version=0.0.4; charset=utf-8", "Accept"])
			expect(text).not.toContain("# EOF")
			expect(complaints(text)).toBe("")
		}
		const [text, openmetrics] = [await get("*/*"), await get("application/openmetrics-text")]
		expect(openmetrics).toMatchObject({ type: OPENMETRICS, vary: "Accept" })
		expect(parseSamples(openmetrics.text)).toEqual(parseSamples(text.text))
	})
})
