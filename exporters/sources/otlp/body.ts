import type { IncomingMessage } from "node:http"
import { promisify } from "node:util"
import { gunzip } from "node:zlib"

const inflate = promisify(gunzip)

/** Why a request was refused, as the reasons of `autonomous_telemetry_export_errors_total`. */
export type RefusalReason = "malformed" | "unsupported" | "too_large" | "overloaded"

/** A request that is refused, with the response that OTLP/HTTP asks for. */
export class Refusal extends Error {
	override readonly name = "Refusal"
	readonly status: number
	readonly reason: RefusalReason

	constructor(status: number, reason: RefusalReason, message: string, cause?: unknown) {
		super(message, cause === undefined ? undefined : { cause })
		this.status = status
		this.reason = reason
	}
}

/** How much telemetry usually shrinks at most; a body that shrinks more meets the limit when it is unpacked. */
const COMPRESSION = 50

/** The memory that a request's body is expected to take, before any of it is read. */
export function reservation({ headers }: IncomingMessage, limit: number): number {
	const length = headers["content-length"]
	if (length === undefined) return limit
	const packed = (headers["content-encoding"] ?? "identity") !== "identity"
	return Math.min(limit, Number(length) * (packed ? COMPRESSION : 1))
}

/** Reads a body and unpacks it; neither form may be larger than `limit` bytes. @throws Refusal */
export async function readBody(req: IncomingMessage, limit: number): Promise<Buffer> {
	const encoding = (req.headers["content-encoding"] ?? "identity").toLowerCase()
	if (encoding !== "identity" && encoding !== "gzip")
		throw new Refusal(415, "unsupported", `the content encoding ${encoding} is not supported; use gzip or none`)
	const raw = await readRaw(req, limit)
	if (encoding === "identity") return raw
	try {
		return await inflate(raw, { maxOutputLength: limit })
	} catch (cause) {
		if ((cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(limit)
		throw new Refusal(400, "malformed", "the body is not gzip", cause)
	}
}

const tooLarge = (limit: number) =>
	new Refusal(413, "too_large", `the body is larger than ${limit} bytes; send smaller batches`)

async function readRaw(req: IncomingMessage, limit: number): Promise<Buffer> {
	if (Number(req.headers["content-length"] ?? 0) > limit) throw tooLarge(limit)
	const chunks: Buffer[] = []
	let size = 0
	// Leaving the loop early must not destroy the request, or the refusal never reaches its sender.
	for await (const chunk of req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
		size += chunk.length
		if (size > limit) throw tooLarge(limit)
		chunks.push(chunk)
	}
	const [only] = chunks
	return chunks.length === 1 && only ? only : Buffer.concat(chunks, size)
}
