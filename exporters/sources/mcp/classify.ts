import { SseError } from "@modelcontextprotocol/sdk/client/sse.js"
import type { McpState } from "../../../core/catalogue/subjects/mcp.ts"

/** What was seen of a server up to the moment when its probe failed. */
export interface ProbeFailure {
	readonly error: unknown
	/** The connection (process, socket) had ended by then. */
	readonly closed: boolean
	/** Something that is not MCP came from the server. */
	readonly garbage: boolean
	/** The server has answered before over this connection, or anything at all came from it. */
	readonly spoke: boolean
}

const UNREACHABLE =
	/^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOENT|EACCES|EPIPE|UND_ERR_CONNECT_TIMEOUT|UND_ERR_SOCKET)$/

/**
 * `disconnected` when the server cannot be reached: nothing there, ended, refused, or mute from the start.
 * `error` when it is reached and answers wrongly: not MCP, a protocol error, an HTTP error, or no answer after it once answered.
 */
export function stateAfter({ error, closed, garbage, spoke }: ProbeFailure): McpState {
	if (garbage) return "error"
	// The SSE client gives a status when there was an answer, and nothing else when there was none.
	if (error instanceof SseError && error.code === undefined) return "disconnected"
	if (closed || codes(error).some((code) => typeof code === "string" && UNREACHABLE.test(code))) return "disconnected"
	if (isTimeout(error)) return spoke ? "error" : "disconnected"
	return "error"
}

/** The SDK's own request timeout, or our deadline. */
const isTimeout = (error: unknown): boolean => codes(error).some((code) => code === -32001 || code === "timeout")

/** The codes of an error and of everything below it. */
function codes(error: unknown): unknown[] {
	const found: unknown[] = []
	for (let at = error; at instanceof Error; at = at.cause) {
		if ("code" in at) found.push(at.code)
		if (at instanceof AggregateError) for (const inner of at.errors) found.push(...codes(inner))
	}
	return found
}
