import { promisify } from "node:util"
import * as zlib from "node:zlib"

/** Why a request was refused, as the reasons of `autonomous_telemetry_export_errors_total`. */
export type RefusalReason = "malformed" | "unsupported" | "too_large" | "overloaded" | "timeout"

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

export const tooLarge = (limit: number) =>
	new Refusal(413, "too_large", `the body is larger than ${limit} bytes; send smaller batches`)

type Unpack = (packed: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>

const inflate: Unpack = promisify(zlib.inflate)
const inflateRaw: Unpack = promisify(zlib.inflateRaw)

/** Some senders leave out the two bytes of zlib that HTTP's deflate begins with. */
const deflate: Unpack = (packed, options) => {
	const [method = 0, check = 0] = packed
	const isZlib = (method & 0x0f) === 8 && (method * 256 + check) % 31 === 0
	return isZlib ? inflate(packed, options) : inflateRaw(packed, options)
}

/** Node has it since 22.15. */
const { zstdDecompress } = zlib as { readonly zstdDecompress?: typeof zlib.gunzip }

const UNPACK: ReadonlyMap<string, Unpack> = new Map<string, Unpack>([
	["gzip", promisify(zlib.gunzip)],
	["deflate", deflate],
	...(zstdDecompress ? ([["zstd", promisify(zstdDecompress) as Unpack]] as const) : []),
])

/** The encoding that a sender names, in lower case. @throws Refusal when it cannot be unpacked */
export function contentEncoding(named = "identity"): string {
	const encoding = named.trim().toLowerCase()
	if (encoding === "identity" || UNPACK.has(encoding)) return encoding
	const known = [...UNPACK.keys()].join(", ")
	const why =
		encoding === "zstd" ? `zstd needs Node 22.15, and this is ${process.versions.node}` : `${encoding} is not known`
	throw new Refusal(415, "unsupported", `the body cannot be unpacked: ${why}; use ${known} or no content encoding`)
}

/** How much telemetry usually shrinks at most; a body that shrinks more meets the limit when it is unpacked. */
const COMPRESSION = 50

/** The memory that unpacking takes at most. */
export const unpackedSize = (encoding: string, packed: Buffer, limit: number): number =>
	encoding === "identity" ? 0 : Math.min(limit, packed.length * COMPRESSION)

/** Unpacks a body to at most `limit` bytes. @throws Refusal */
export async function unpack(encoding: string, packed: Buffer, limit: number): Promise<Buffer> {
	const unpacked = UNPACK.get(encoding)
	if (unpacked === undefined) return packed
	try {
		return await unpacked(packed, { maxOutputLength: limit })
	} catch (cause) {
		if ((cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(limit)
		throw new Refusal(400, "malformed", `the body is not ${encoding}`, cause)
	}
}
