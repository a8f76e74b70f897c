import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from "vitest"
import { manualClock } from "../../core/lib/clock.ts"
import { silentLogger } from "../../core/lib/log.ts"
import { MetricRegistry } from "../../core/metrics/registry.ts"
import { createOtlpReceiver } from "../../exporters/sources/otlp/receiver.ts"
import { AdminApi } from "../../exporters/sources/usage/admin-api.ts"
import { usageCollector } from "../../exporters/sources/usage/collector.ts"
import { organisationCollector } from "../../exporters/sources/usage/organisation.ts"
import { UsageRecorder } from "../../exporters/sources/usage/recorder.ts"
import { type ContractDatabase, contractDatabase } from "../support/contract-databases.ts"
import { parseSamples } from "../support/exporter.ts"

const MINUTE = 60_000

describe("usage by telemetry and by transcripts", () => {
	let database: ContractDatabase
	const clock = manualClock(Date.parse("2026-03-02T12:01:00Z"))
	const telemetry = new MetricRegistry({ clock })
	const recorder = new UsageRecorder(clock)
	let receiver: Awaited<ReturnType<typeof createOtlpReceiver>>

	beforeAll(async () => {
		database = await contractDatabase(inject("postgresUrl"))
		const listen = { host: "127.0.0.1", port: 0 }
		receiver = await createOtlpReceiver({ telemetry, listen, log: silentLogger, clock, onUsage: recorder.add })
		telemetry.collect(usageCollector({ pool: database.pool, recorder, clock, log: silentLogger }))
	})
	afterAll(async () => {
		await receiver.close()
		await database.close()
	})

	/** Claude Code's metrics of one export. */
	async function send(session: string, tokens: Record<string, number>) {
		const now = String(BigInt(clock.now()) * 1_000_000n)
		const dataPoints = Object.entries(tokens).map(([type, asInt]) => ({
			startTimeUnixNano: String(BigInt(clock.now() - MINUTE) * 1_000_000n),
			timeUnixNano: now,
			asInt,
			attributes: [
				{ key: "session.id", value: { stringValue: session } },
				{ key: "type", value: { stringValue: type } },
				{ key: "model", value: { stringValue: "claude-opus-5-5" } },
			],
		}))
		const sum = { aggregationTemporality: 1, isMonotonic: true, dataPoints }
		const metrics = [{ name: "claude_code.token.usage", sum }]
		const response = await fetch(`${receiver.url}/v1/metrics`, {
			method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify({ resourceMetrics: [{ resource: {}, scopeMetrics: [{ scope: {}, metrics }] }] }),
		})
		expect(await response.text()).toBe("{}")
		await receiver.drained()
	}

	let answers = 0
	async function answer(session: string, tokens: number) {
		const at = new Date(clock.now())
		await database.pool.query(
			`insert into observatory.transcript_runs (run, session, number, started_at, last_at, turn)
			values ($1, $1, 1, $2, $2, 'answered') on conflict do nothing`,
			[session, at],
		)
		await database.pool.query(
			`insert into observatory.transcript_messages (message, request, run, sidechain, model, input_tokens, output_tokens,
				cache_read_tokens, cache_creation_tokens, cost_usd, at) values ($1, '', $2, false, 'm', $3, 0, 0, 0, 0, $4)`,
			[`msg_${++answers}`, session, tokens, at],
		)
	}

	async function collect() {
		await telemetry.runOnce()
		const samples = parseSamples(await telemetry.expose("autonomous"))
		const of = (name: string) =>
			Object.fromEntries(
				["telemetry", "transcripts"].map((source) => [
					source,
					samples.get(`autonomous_usage_${name}{source="${source}"}`),
				]),
			)
		return { silent: of("silent_sessions"), missing: of("missing_tokens"), compared: of("compared_tokens") }
	}

	it("are equal while both come, and name the one that stops within ten minutes", async () => {
		for (let minute = 0; minute < 10; minute++) {
			await answer("a", 100)
			clock.advance(MINUTE)
			await send("a", { input: 60, output: 30, cacheRead: 6, cacheCreation: 4 })
			await send("elsewhere", { input: 1_000 })
			expect(await collect()).toMatchObject({
				silent: { telemetry: 0, transcripts: 0 },
				missing: { telemetry: 0, transcripts: 0 },
			})
		}
		expect((await collect()).compared).toEqual({ telemetry: 1_000, transcripts: 1_000 })
		for (let minute = 0; minute < 6; minute++) {
			clock.advance(MINUTE)
			await answer("a", 100)
		}
		expect(await collect()).toMatchObject({ silent: { telemetry: 1, transcripts: 0 }, missing: { telemetry: 200 } })
		for (let minute = 0; minute < 16; minute++) {
			clock.advance(MINUTE)
			await send("a", { input: 100 })
		}
		expect((await collect()).silent).toEqual({ telemetry: 0, transcripts: 1 })
	})

	it("are compared with the organisation's report, hour by hour", async () => {
		await database.pool.query("delete from observatory.transcript_messages")
		clock.advance(Date.parse("2026-03-03T09:30:00Z") - clock.now())
		await answer("c", 700)
		clock.advance(3_600_000)
		await answer("c", 300)
		clock.advance(3 * 3_600_000)
		const hour = (text: string, tokens: number) => ({
			starting_at: `2026-03-03T${text}:00:00Z`,
			results: [{ uncached_input_tokens: tokens, output_tokens: 0 }],
		})
		const server = createServer((req, res) => {
			const data = req.url?.includes("/cost_report")
				? [{ results: [{ amount: "250", currency: "USD" }] }]
				: [hour("09", 5_000), hour("10", 260)]
			res.end(JSON.stringify({ data, has_more: false, next_page: null }))
		})
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
		onTestFinished(() => void server.close())
		const { port } = server.address() as AddressInfo
		const api = new AdminApi({ key: "x", apiUrl: `http://127.0.0.1:${port}` })
		const collector = organisationCollector({ api, pool: database.pool, clock })
		const samples = await collector.collect(AbortSignal.timeout(20_000))
		expect(samples.map((one) => [one.series.name, "value" in one ? one.value : undefined])).toEqual([
			["autonomous_organisation_tokens", 5_260],
			["autonomous_organisation_cost_usd", 2.5],
			["autonomous_organisation_missing_tokens", 40],
		])
	})

	it("are stored once, also when the database was away at first", async () => {
		await send("b", { input: 5 })
		await database.pool.query("alter table observatory.telemetry_usage rename to hidden")
		await collect()
		await send("b", { input: 7 })
		await database.pool.query("alter table observatory.hidden rename to telemetry_usage")
		await collect()
		await collect()
		const { rows } = await database.pool.query(
			"select sum(tokens)::int as tokens from observatory.telemetry_usage where session = 'b'",
		)
		expect(rows).toEqual([{ tokens: 12 }])
	})
})
