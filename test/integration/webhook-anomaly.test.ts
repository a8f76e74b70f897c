import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest"
import { eventually } from "../support/process.ts"
import { startPrometheus, type TestPrometheus } from "../support/prometheus.ts"
import { migratedDatabase } from "../support/template-database.ts"
import { startTestWebhook, type TestWebhook } from "../support/webhook.ts"

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const now = Math.floor(Date.now() / MINUTE) * MINUTE
/** When everything left what is usual and the alerts fired; never at a full hour, which would be in the history. */
const BEGAN = now - MINUTE - ((now - MINUTE) % HOUR === 0 ? MINUTE : 0)

/** A series' samples each minute over some days up to now, as OpenMetrics; undefined is a gap. */
function past(series: string, days: number, value: (at: number) => number | undefined): string {
	const samples: string[] = []
	for (let at = now - days * 24 * HOUR; at <= now; at += MINUTE) {
		const sample = value(at)
		if (sample !== undefined) samples.push(`${series} ${sample} ${at / 1000}\n`)
	}
	return samples.join("")
}

const rule = (name: string, expr: string) => ({ alert: name, expr })

describe("scoring with a real Prometheus that remembers 30 days", () => {
	let prometheus: TestPrometheus
	let webhook: TestWebhook
	/** Does the same on the same database. */
	let replica: TestWebhook
	const scrape = () => webhook.metrics()
	/** A server between them, so that it can be away. */
	let between: Server
	const deliver = (name: string, labels: Record<string, string> = {}, startsAt = BEGAN) =>
		webhook.notify({
			name,
			fingerprint: `${name}${JSON.stringify(labels)}`,
			startsAt: new Date(startsAt).toISOString(),
			severity: "warning",
			labels,
		})
	const incident = async (name: string) => webhook.incident(await webhook.idOf(name))
	const scored = (name: string) =>
		eventually(
			() => incident(name),
			({ anomaly }) => anomaly !== null,
		)

	beforeAll(async () => {
		const errors = (server: string) => `server:autonomous_mcp_errors:ratio_rate5m{server="${server}"}`
		prometheus = await startPrometheus(
			{ global: { scrape_interval: "15s", evaluation_interval: "1h" } },
			{
				groups: [
					{
						name: "alerts",
						rules: [
							rule("high_token_usage", "autonomous:session_cost_usd:increase1d > 40"),
							rule("review_backlog", "max without (instance, job) (autonomous_reviews_pending) > 20"),
							rule("mcp_server_degraded", "server:autonomous_mcp_errors:ratio_rate5m > 0.1"),
							rule("rollback_failing", "autonomous:rollback_success:ratio_increase7d < 0.9"),
							rule("watch", "vector(1)"),
						],
					},
				],
			},
			[
				// $10 to $15.75 over the day, and then all at once $60.
				past("autonomous:session_cost_usd:increase1d", 30, (at) =>
					at >= BEGAN ? 60 : 10 + (Math.floor(at / HOUR) % 24) / 4,
				),
				past('autonomous_reviews_pending{instance="a",job="safety"}', 2, (at) => (at / MINUTE) % 7),
				// Six hours in every twelve are missing, and some values are no numbers.
				past(errors("github"), 30, (at) => {
					if (at >= BEGAN) return 0.012
					if (Math.floor(at / (6 * HOUR)) % 2) return undefined
					return at % (7 * HOUR) ? 0.01 + (Math.floor(at / HOUR) % 13) / 1_000 : Number.NaN
				}),
				past(errors("memory"), 30, (at) => 0.5 + (Math.floor(at / HOUR) % 5) / 10),
				past("autonomous:rollback_success:ratio_increase7d", 30, (at) => (at >= BEGAN ? 0.5 : 1)),
				"# EOF\n",
			].join(""),
		)
		between = createServer(async (req, res) => {
			const chunks: Buffer[] = []
			for await (const chunk of req) chunks.push(chunk)
			const method = req.method ?? "GET"
			const headers = { "content-type": "application/x-www-form-urlencoded" }
			const body = method === "POST" ? Buffer.concat(chunks) : null
			const answer = await fetch(`${prometheus.url}${req.url}`, { method, headers, body })
			res.writeHead(answer.status).end(await answer.text())
		})
		await listenOn(0)
		const database = await migratedDatabase(inject("postgresUrl"))
		const env = { PROMETHEUS_URL: `http://127.0.0.1:${port()}` }
		webhook = await startTestWebhook(database, { env })
		replica = await startTestWebhook(database, { env })
	})
	const port = () => (between.address() as AddressInfo).port
	const listenOn = (at: number) => new Promise<void>((resolve) => between.listen(at, "127.0.0.1", resolve))
	afterAll(async () => {
		await replica?.stop()
		await webhook?.stop()
		between?.closeAllConnections()
		between?.close()
		await prometheus?.stop()
	})

	it("exports how unusual token costs are, by both methods, as a calculation by hand has it", async () => {
		const text = await eventually(scrape, (now) => now.includes("observatory_anomaly_score{"))
		// What Prometheus itself makes of the same hourly values.
		const end = Math.floor(Date.now() / HOUR) * HOUR
		const [element] = (await prometheus.ask("query_range", {
			query: "autonomous:session_cost_usd:increase1d",
			start: String(end / 1000 - 30 * 86_400),
			end: String(end / 1000),
			step: "3600",
		})) as { values: [number, string][] }[]
		const values = (element?.values ?? []).map(([, value]) => Number(value)).sort((a, b) => a - b)
		const mean = values.reduce((a, b) => a + b, 0) / values.length
		const deviation = Math.sqrt(values.reduce((sum, one) => sum + (one - mean) ** 2, 0) / values.length)
		const at = (q: number) => {
			const rank = q * (values.length - 1)
			const [low = 0, high = 0] = [values[Math.floor(rank)], values[Math.ceil(rank)]]
			return low + (high - low) * (rank % 1)
		}
		const read = (method: string) =>
			Number(
				new RegExp(
					`observatory_anomaly_score\\{subject="metrics.sessions.tokenUsage.cost",method="${method}"\\} (.*)`,
				).exec(text)?.[1],
			)
		expect(values.length).toBeGreaterThanOrEqual(719)
		expect(read("zscore")).toBeCloseTo((60 - mean) / deviation, 6)
		expect(read("iqr")).toBeCloseTo((60 - at(0.75)) / (at(0.75) - at(0.25)), 6)
		expect(read("zscore")).toBeGreaterThan(3)
		expect(text).toContain('observatory_collector_success{collector="anomaly_scores"} 1')
		expect(text).not.toContain('observatory_anomaly_score{subject="metrics.sessions.tokenUsage.input"')
	})

	it("attaches to an incident how unusual it was when it began, once, and shows it to people", async () => {
		await deliver("high_token_usage")
		const { id, anomaly, timeline } = await scored("high_token_usage")
		expect(anomaly?.assessments).toMatchObject([
			{
				subject: "metrics.sessions.tokenUsage.cost",
				labels: {},
				value: 60,
				scores: { zscore: { kind: "scored", unusual: true }, iqr: { kind: "scored", unusual: true } },
			},
		])
		expect(anomaly?.assessments[0]?.historyPoints).toBeGreaterThanOrEqual(719)
		expect(timeline.filter(({ kind }) => kind === "scored")).toMatchObject([{ actor: "observatory" }])
		const page = await webhook.page(`/incidents/${id}`)
		expect(page).toContain(
			"metrics.sessions.tokenUsage.cost was $60.00 at the start of the incident, unusually high: $",
		)
		expect(page).toContain("Anomaly scores: metrics.sessions.tokenUsage.cost unusually high (zscore ")
	})

	it("looks at the server that the incident names, through gaps and values that are no numbers", async () => {
		await deliver("mcp_server_degraded", { server: "github" })
		const { anomaly } = await scored("mcp_server_degraded")
		const [one] = anomaly?.assessments ?? []
		expect(one).toMatchObject({ subject: "metrics.mcpServers.*.errorRate", labels: { server: "github" } })
		expect(one?.value).toBeLessThan(0.1)
		expect(one?.historyPoints).toBeGreaterThan(250)
		expect(one?.historyPoints).toBeLessThan(400)
	})

	it("says that there is not enough history, or that there never was any variation, instead of a number", async () => {
		await deliver("review_backlog")
		await deliver("rollback_failing")
		const [young] = (await scored("review_backlog")).anomaly?.assessments ?? []
		const unscored = (reason: string) => ({ kind: "unscored", reason })
		expect(young?.scores).toEqual({ zscore: unscored("not_enough_history"), iqr: unscored("not_enough_history") })
		const [constant] = (await scored("rollback_failing")).anomaly?.assessments ?? []
		expect(constant).toMatchObject({ value: 0.5, scores: { iqr: unscored("constant_history") } })
	})

	it("leaves alone what is about nothing that is scored, and what is said to begin in a year or to have last week", async () => {
		await deliver("watch")
		await deliver("mcp_server_degraded", { server: "memory" }, now + 365 * 24 * HOUR)
		await deliver("rollback_failing", { again: "yes" }, now - 7 * 24 * HOUR)
		await deliver("high_token_usage", { again: "yes" })
		await scored("high_token_usage")
		for (const name of ["watch", "mcp_server_degraded", "rollback_failing"])
			expect((await incident(name)).anomaly, name).toBeNull()
	})

	it("has no scores while Prometheus is away, says so, takes alerts all the same, and catches up after", async () => {
		expect(await scrape()).toMatch(/^observatory_anomaly_score\{/m)
		const address = port()
		between.closeAllConnections()
		await new Promise((resolve) => between.close(resolve))
		expect((await deliver("high_token_usage", { while: "away" })).status).toBe(200)
		const text = await eventually(scrape, (now) =>
			now.includes('observatory_collector_success{collector="anomaly_scores"} 0'),
		)
		expect(text).not.toMatch(/^observatory_anomaly_\w+[{ ]/m)
		const during = await incident("high_token_usage")
		expect(during.anomaly).toBeNull()
		expect((await webhook.api(`/incidents/${during.id}`)).status).toBe(200)
		await listenOn(address)
		expect((await scored("high_token_usage")).id).toBe(during.id)
	})
})
