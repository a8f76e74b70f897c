import { randomBytes } from "node:crypto"
import { createPool } from "../../../core/db/client.ts"
import { migrate } from "../../../core/db/migrate.ts"
import { systemClock } from "../../../core/lib/clock.ts"
import { silentLogger } from "../../../core/lib/log.ts"
import { MetricRegistry } from "../../../core/metrics/registry.ts"
import { createOtlpReceiver } from "../../../exporters/sources/otlp/receiver.ts"
import { createTelemetryStore } from "../../../exporters/sources/otlp/store/store.ts"
import { toProtobuf } from "../../support/otlp-wire.ts"
import { createDatabase, startPostgres } from "../../support/postgres.ts"
import { BATCH } from "./otlp-batch.ts"

const BATCHES = 80

/** Spans as agents send them, each with ids of its own. */
function batch(session: number): Buffer {
	const traceId = randomBytes(16).toString("hex")
	const at = BigInt(Date.now() - 1_000 * session) * 1_000_000n
	const spans = Array.from({ length: BATCH }, (_, i) => ({
		traceId,
		spanId: randomBytes(8).toString("hex"),
		parentSpanId: randomBytes(8).toString("hex"),
		name: `mcp.server-${i % 7}.search`,
		kind: 3,
		startTimeUnixNano: String(at),
		endTimeUnixNano: String(at + BigInt(i) * 1_000_000n),
		attributes: Object.entries({
			"session.id": `session-${session}`,
			"rpc.system": "mcp",
			"rpc.service": `server-${i % 7}`,
			"gen_ai.request.model": "model-x",
			"mcp.task_id": String(i),
		}).map(([key, stringValue]) => ({ key, value: { stringValue } })),
	}))
	return toProtobuf("traces", { resourceSpans: [{ scopeSpans: [{ spans }] }] })
}

/** Prints how fast spans are stored and what one takes on the disk. True when each is stored. */
export async function measureStore(): Promise<boolean> {
	const postgres = await startPostgres()
	const url = await createDatabase(postgres.url())
	await migrate(url)
	const pool = createPool(url, { applicationName: "bench", max: 4 })
	const parts = { telemetry: new MetricRegistry(), log: silentLogger, clock: systemClock }
	const store = createTelemetryStore({ ...parts, pool, content: false, retention: { days: 7, bytes: 2 ** 40 } })
	const receiver = await createOtlpReceiver({ ...parts, listen: { host: "127.0.0.1", port: 0 }, store })
	try {
		const bodies = Array.from({ length: BATCHES }, (_, session) => new Uint8Array(batch(session)))
		const startedAt = performance.now()
		const cpu = process.cpuUsage()
		for (const body of bodies)
			await fetch(`${receiver.url}/v1/traces`, {
				method: "POST",
				headers: { "content-type": "application/x-protobuf" },
				body,
			})
		const answered = performance.now() - startedAt
		await store.drained()
		const seconds = (performance.now() - startedAt) / 1_000
		const { user, system } = process.cpuUsage(cpu)
		const { rows } = await pool.query<{ stored: string; bytes: string }>(
			`select count(*) as stored, (select sum(pg_total_relation_size(inhrelid)) from pg_inherits
				where inhparent = 'observatory.spans'::regclass) as bytes from observatory.spans`,
		)
		const stored = Number(rows[0]?.stored)
		const rate = (per: number) => Math.round(stored / per).toLocaleString("en")
		console.log(
			`\nstored: ${stored} of ${BATCHES * BATCH} spans, ${rate(seconds)} per second, ${rate((user + system) / 1e6)} per second of our core; ${Math.round(Number(rows[0]?.bytes) / stored)} bytes a span with indexes; answers took ${(answered / BATCHES).toFixed(1)} ms`,
		)
		return stored === BATCHES * BATCH
	} finally {
		await receiver.close()
		await store.close()
		await pool.end()
		await postgres.remove()
	}
}
