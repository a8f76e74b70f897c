import { gunzipSync } from "node:zlib"
import { expect, it, onTestFinished, vi } from "vitest"
import { systemClock } from "../../core/lib/clock.ts"
import { silentLogger } from "../../core/lib/log.ts"
import { MetricRegistry } from "../../core/metrics/registry.ts"
import { createForwarder, type ForwardLimits } from "../../exporters/sources/otlp/forward/forwarder.ts"
import { createOtlpReceiver } from "../../exporters/sources/otlp/receiver.ts"
import { parseSamples } from "../support/exporter.ts"
import { serve } from "../support/local-server.ts"
import { toProtobuf } from "../support/otlp-wire.ts"

async function all(req: AsyncIterable<Buffer>): Promise<Buffer[]> {
	const chunks: Buffer[] = []
	for await (const chunk of req) chunks.push(chunk)
	return chunks
}

interface Arrived {
	readonly path: string
	readonly type: string
	readonly token: string
	readonly body: Buffer
}

/** A receiver that forwards to a backend, which answers with what `answer` says. */
async function start(answer: () => number, limits: Partial<ForwardLimits> = {}) {
	const arrived: Arrived[] = []
	const backend = await serve(async (req, res) => {
		const body = gunzipSync(Buffer.concat(await all(req)))
		const { "content-type": type = "", "x-token": token = "" } = req.headers
		const status = answer()
		if (status === 200) arrived.push({ path: req.url ?? "", type, token: String(token), body })
		res.writeHead(status).end()
	})
	const telemetry = new MetricRegistry({ ownGroup: "health" })
	const forwarder = createForwarder({
		url: backend.url,
		headers: { "x-token": "secret" },
		telemetry,
		log: silentLogger,
		limits: { firstRetryMs: 5, mostRetryMs: 20, ...limits },
	})
	const listen = { host: "127.0.0.1", port: 0 }
	const receiver = await createOtlpReceiver({ telemetry, listen, log: silentLogger, clock: systemClock, forwarder })
	onTestFinished(async () => {
		await receiver.close()
		await forwarder.close()
		await backend.close()
	})
	return {
		arrived,
		forwarder,
		post: (path: string, type: string, body: Buffer) =>
			fetch(`${receiver.url}/v1/${path}`, {
				method: "POST",
				headers: { "content-type": type },
				body: new Uint8Array(body),
			}),
		async counts() {
			const counts: Record<string, number> = {}
			for (const [series, value] of parseSamples(await telemetry.exposeAll())) {
				const [, what] = /^autonomous_telemetry_forward_(\w+)_total/.exec(series) ?? []
				const [, reason] = /reason="(\w+)"/.exec(series) ?? []
				const key = reason === undefined ? what : `${what} ${reason}`
				if (what !== undefined && key !== undefined && value > 0) counts[key] = (counts[key] ?? 0) + value
			}
			return counts
		},
	}
}
const JSON_TYPE = "application/json"
const traces = { resourceSpans: [{ scopeSpans: [{ spans: [{ name: "a span of no concern" }] }] }] }
const json = Buffer.from(JSON.stringify(traces))

it("forwards every signal as it arrived, with the headers of the backend", async () => {
	const { post, arrived, forwarder, counts } = await start(() => 200)
	const protobuf = toProtobuf("traces", traces)
	const metrics = Buffer.from('{"resourceMetrics":[]}')
	const logs = Buffer.from('{"resourceLogs":[]}')
	await post("traces", "application/x-protobuf", protobuf)
	await post("metrics", JSON_TYPE, metrics)
	await post("logs", JSON_TYPE, logs)
	expect((await post("traces", JSON_TYPE, Buffer.from("nonsense"))).status).toBe(400)
	await forwarder.drained()
	const token = "secret"
	expect([...arrived].sort((a, b) => a.path.localeCompare(b.path))).toEqual([
		{ path: "/v1/logs", type: JSON_TYPE, token, body: logs },
		{ path: "/v1/metrics", type: JSON_TYPE, token, body: metrics },
		{ path: "/v1/traces", type: "application/x-protobuf", token, body: protobuf },
	])
	expect(await counts()).toEqual({ received: 3, sent: 3 })
})

it("retries while the backend is busy, and drops what it refuses for good", async () => {
	const answers = [503, 429, 200, 400]
	const { post, arrived, forwarder, counts } = await start(() => answers.shift() ?? 200)
	await post("traces", JSON_TYPE, json)
	await forwarder.drained()
	expect(arrived).toHaveLength(1)
	await post("traces", JSON_TYPE, json)
	await forwarder.drained()
	expect(await counts()).toEqual({ received: 2, sent: 1, "dropped refused": 1 })
})

it("answers senders at once while the backend is away, and counts what does not fit into the queue", async () => {
	let status = 503
	const { post, forwarder, counts } = await start(() => status, { requests: 3 })
	for (let i = 0; i < 5; i++) expect((await post("traces", JSON_TYPE, json)).status).toBe(200)
	await vi.waitFor(async () => expect(await counts()).toEqual({ received: 5, "dropped buffer_full": 2 }))
	status = 200
	await forwarder.drained()
	expect(await counts()).toEqual({ received: 5, sent: 3, "dropped buffer_full": 2 })
})
