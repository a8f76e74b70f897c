import { SseError } from "@modelcontextprotocol/sdk/client/sse.js"
import { ErrorCode } from "@modelcontextprotocol/sdk/types.js"
import type { McpState } from "../../../core/catalogue/subjects/mcp.ts"

/** The facts about a failed probe. */
export interface ProbeFailure {
	readonly error: unknown
	/** The server sent something that is not MCP. */
	readonly garbage: boolean
	/** The server has answered since it was last away. */
	readonly spoke: boolean
}

const UNREACHABLE =
	/^(source_unreachable|ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOENT|EACCES|EPIPE|UND_ERR_CONNECT_TIMEOUT|UND_ERR_SOCKET)$/

/**
 * `disconnected` when the server cannot be reached: absent, ended, refused, or silent from the start. `error` when it is
 * reached and fails: not MCP, a protocol error, an HTTP error, or no answer although it answered before.
 */
export function stateAfter({ error, garbage, spoke }: ProbeFailure): McpState {
	// The SSE client's error has a status if there was an answer, and no other detail.
	if (error instanceof SseError && error.code === undefined) return "disconnected"
	if (codes(error).some((code) => typeof code === "string" && UNREACHABLE.test(code))) return "disconnected"
	if (isTimeout(error)) return spoke || garbage ? "error" : "disconnected"
	return "error"
}

/** The SDK's request timeout, or our deadline. */
const isTimeout = (error: unknown): boolean =>
	codes(error).some((code) => code === ErrorCode.RequestTimeout || code === "timeout")

/** The codes of an error and of its causes. */
function codes(error: unknown): unknown[] {
	const found: unknown[] = []
	for (let at = error; at instanceof Error; at = at.cause) {
		if ("code" in at) found.push(at.code)
		if (at instanceof AggregateError) for (const inner of at.errors) found.push(...codes(inner))
	}
	return found
}
