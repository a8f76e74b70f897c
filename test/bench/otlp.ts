import type { ChildProcess } from "node:child_process"
import { BATCH, jsonBatch, protobufBatch } from "./parts/otlp-batch.ts"
import { read, send, startReceiver } from "./parts/otlp-send.ts"
import { measureStore } from "./parts/otlp-store.ts"

const WARM_UP_MS = 3_000
const STEADY_MS = 10_000
const OVERLOAD_MS = 60_000
const MIB = 1024 * 1024

/**
 * Spans that one core processes, what storing them takes from that, and whether memory stays bounded and every span is
 * accounted for under overload.
 */
export async function run(): Promise<boolean> {
	const stored = await measureStore()
	const child = startReceiver()
	try {
		const { url } = await read(child)
		const batches = { protobuf: protobufBatch(), json: Buffer.from(JSON.stringify(jsonBatch())) }
		console.log(
			`batches of ${BATCH} spans: ${batches.protobuf.length} bytes protobuf, ${batches.json.length} bytes JSON\n`,
		)
		await send(url, "protobuf", () => batches.protobuf, 2, WARM_UP_MS)
		for (const encoding of ["protobuf", "json"] as const) {
			const before = await read(child)
			await send(url, encoding, () => batches[encoding], 2, STEADY_MS)
			const after = await read(child, true)
			const spans = after.processed - before.processed
			const rate = Math.round(spans / (after.cpu - before.cpu))
			console.log(
				`${encoding}: ${rate.toLocaleString("en")} spans per second of one core (${spans} spans, ${after.dropped} dropped)`,
			)
		}
		return (await overload(child, url, batches.protobuf)) && stored
	} finally {
		child.disconnect()
	}
}

/** True when every span was accounted for. */
async function overload(child: ChildProcess, url: string, batch: Buffer): Promise<boolean> {
	const before = await read(child, true)
	let peak = before.rss
	let pause = 0
	const watch = setInterval(async () => {
		const reading = await read(child)
		peak = Math.max(peak, reading.rss)
		pause = Math.max(pause, reading.pause)
	}, 1_000)
	const sent = await send(url, "protobuf", () => batch, 64, OVERLOAD_MS)
	clearInterval(watch)
	const after = await read(child, true)
	const [received, processed, dropped] = [after.received, after.processed, after.dropped]
	console.log(
		`\noverload for ${OVERLOAD_MS / 1000} s from 64 connections: ${sent} requests, ${after.refused - before.refused} refused with 429`,
	)
	console.log(
		`  received ${received} = processed ${processed} + dropped ${dropped}: ${received === processed + dropped}`,
	)
	console.log(
		`  memory ${mib(before.rss)} before, ${mib(peak)} at most, ${mib(after.rss)} after; longest pause ${Math.round(pause)} ms`,
	)
	return received === processed + dropped
}

const mib = (bytes: number): string => `${Math.round(bytes / MIB)} MiB`
