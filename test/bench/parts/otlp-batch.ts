import protobuf from "protobufjs/minimal.js"

const START = 1_795_359_185_000_000_000n
const REQUEST = "x".repeat(200)

/** Spans of a batch. */
export const BATCH = 512

/** Half tool calls of a few servers with a request to skip over, half spans of no concern. */
const spansWith = (request: string) =>
	Array.from({ length: BATCH }, (_, i) => ({
		name: i % 2 === 0 ? `mcp.server-${i % 7}.search` : "GET /users/:id",
		kind: 3,
		startTimeUnixNano: String(START),
		endTimeUnixNano: String(START + BigInt(i) * 1_000_000n),
		attributes: Object.entries({
			"rpc.system": i % 2 === 0 ? "mcp" : "http",
			"rpc.service": `server-${i % 7}`,
			"rpc.method": "search",
			"mcp.request": request,
			"mcp.task_id": String(i),
		}),
	}))

export const jsonBatch = () => ({
	resourceSpans: [
		{
			scopeSpans: [
				{
					spans: spansWith(REQUEST).map((span) => ({
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

export function protobufBatch(request = REQUEST): Buffer {
	const writer = protobuf.Writer.create()
	writer.uint32(10).fork().uint32(18).fork()
	for (const span of spansWith(request)) {
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
