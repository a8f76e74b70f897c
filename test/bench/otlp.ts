import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { Agent, request } from "node:http"
import { fileURLToPath } from "node:url"
import protobuf from "protobufjs/minimal.js"
import type { Reading } from "./parts/otlp-receiver.ts"

const BATCH = 512
const WARM_UP_MS = 3_000
const STEADY_MS = 10_000
const OVERLOAD_MS = 60_000
const MIB = 1024 * 1024

/** Spans that one core processes, and whether memory stays bounded and every span is accounted for under overload. */
export async function run(): Promise<boolean> {
	const child = fork(fileURLToPath(new URL("./parts/otlp-receiver.ts", import.meta.url)), {
		execArgv: ["--import", "tsx"],
	})
	try {
		const { url } = await read(child)
		const batches = { protobuf: protobufBatch(), json: Buffer.from(JSON.stringify(jsonBatch())) }
		console.log(
			`batches of ${BATCH} spans: ${batches.protobuf.length} bytes protobuf, ${batches.json.length} bytes JSON\n`,
		)
		await send(url, "protobuf", batches.protobuf, 2, WARM_UP_MS)
		for (const encoding of ["protobuf", "json"] as const) {
			const before = await read(child)
			await send(url, encoding, batches[encoding], 2, STEADY_MS)
			const after = await read(child, true)
			const spans = after.processed - before.processed
			const rate = Math.round(spans / (after.cpu - before.cpu))
			console.log(
				`${encoding}: ${rate.toLocaleString("en")} spans per second of one core (${spans} spans, ${after.dropped} dropped)`,
			)
		}
		return await overload(child, url, batches.protobuf)
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
	const sent = await send(url, "protobuf", batch, 64, OVERLOAD_MS)
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

async function read(child: ChildProcess, drain = false): Promise<Reading> {
	const answer = once(child, "message")
	child.send(drain)
	const [reading] = await answer
	return reading
}

/** Posts the batch over so many connections, each as fast as it is answered, and returns how many were answered. */
async function send(url: string, encoding: string, body: Buffer, connections: number, ms: number): Promise<number> {
	const agent = new Agent({ keepAlive: true, maxSockets: connections })
	const headers = {
		"content-type": encoding === "json" ? "application/json" : "application/x-protobuf",
		"content-length": body.length,
	}
	const until = Date.now() + ms
	let answered = 0
	const one = () =>
		new Promise<void>((resolve, reject) => {
			const req = request(`${url}/v1/traces`, { method: "POST", agent, headers }, (res) => {
				res.resume().once("end", resolve)
			})
			req.once("error", reject)
			req.end(body)
		})
	await Promise.all(
		Array.from({ length: connections }, async () => {
			for (; Date.now() < until; answered++) await one()
		}),
	)
	agent.destroy()
	return answered
}

const START = 1_795_359_185_000_000_000n

/** Half tool calls of a few servers with a request to skip over, half spans of no concern. */
const spans = Array.from({ length: BATCH }, (_, i) => ({
	name: i % 2 === 0 ? `mcp.server-${i % 7}.search` : "GET /users/:id",
	kind: 3,
	startTimeUnixNano: String(START),
	endTimeUnixNano: String(START + BigInt(i) * 1_000_000n),
	attributes: Object.entries({
		"rpc.system": i % 2 === 0 ? "mcp" : "http",
		"rpc.service": `server-${i % 7}`,
		"rpc.method": "search",
		"mcp.request": "x".repeat(200),
		"mcp.task_id": String(i),
	}),
}))

const jsonBatch = () => ({
	resourceSpans: [
		{
			scopeSpans: [
				{
					spans: spans.map((span) => ({
						...span,
						traceId: "0af7651916cd43dd8448eb211c80319c",
						spanId: "b7ad6b7169203331",
						attributes: span.attributes.map(([key, stringValue]) => ({ key, value: { stringValue } })),
					})),
				},
			],
		},
	],
})

function protobufBatch(): Buffer {
	const writer = protobuf.Writer.create()
	writer.uint32(10).fork().uint32(18).fork()
	for (const span of spans) {
		writer.uint32(18).fork()
		writer.uint32(10).bytes(Buffer.alloc(16, 1)).uint32(18).bytes(Buffer.alloc(8, 1))
		writer.uint32(42).string(span.name).uint32(48).int32(span.kind)
		writer.uint32(57).fixed64(span.startTimeUnixNano).uint32(65).fixed64(span.endTimeUnixNano)
		for (const [key, value] of span.attributes)
			writer.uint32(74).fork().uint32(10).string(key).uint32(18).fork().uint32(10).string(value).ldelim().ldelim()
		writer.ldelim()
	}
	return Buffer.from(writer.ldelim().ldelim().finish())
}
