import { randomBytes, randomFillSync } from "node:crypto"
import { toProtobuf } from "../../support/otlp-wire.ts"
import { BATCH } from "./otlp-batch.ts"

/** Spans as agents send them, each with ids of its own. */
function batch(session: number, traceId: string): Buffer {
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

/** Bodies as different as those of agents: each is of another trace. */
export function bodies(): () => Buffer {
	const made = Array.from({ length: 16 }, (_, session) => {
		const traceId = randomBytes(16)
		const body = batch(session, traceId.toString("hex"))
		const places: number[] = []
		for (let at = body.indexOf(traceId); at >= 0; at = body.indexOf(traceId, at + 1)) places.push(at)
		return { body, places }
	})
	let next = 0
	return () => {
		const { body, places } = made[next++ % made.length] as (typeof made)[number]
		const copy = Buffer.from(body)
		const traceId = randomFillSync(Buffer.alloc(16))
		for (const place of places) traceId.copy(copy, place)
		return copy
	}
}
