import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js"
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js"
import type { UsableMcpServer } from "../../../core/lib/mcp-config.ts"

/** What a connection wants to know of its HTTP requests. */
export interface HttpReport {
	/** A request was answered with a status that is no success. */
	refused(status: number): void
	/** Bytes of an answer arrived; false ends it. */
	bytes(count: number): boolean
}

/** MCP over HTTP: streamable, or the older server-sent events. */
export function httpTransport(
	config: UsableMcpServer & { transport: "http" | "sse" },
	report: HttpReport,
): StreamableHTTPClientTransport | SSEClientTransport {
	const url = new URL(config.url)
	const requestInit = { headers: { ...config.headers } }
	const options = { requestInit, fetch: boundedFetch(report, config.transport) }
	if (config.transport === "sse") return new SSEClientTransport(url, options)
	// The next probe opens a new connection, so the transport must not reconnect.
	const reconnectionOptions = {
		initialReconnectionDelay: 1_000,
		maxReconnectionDelay: 1_000,
		reconnectionDelayGrowFactor: 1,
		maxRetries: 0,
	}
	return new StreamableHTTPClientTransport(url, { ...options, reconnectionOptions })
}

function boundedFetch(report: HttpReport, transport: "http" | "sse") {
	return async (url: string | URL, init?: RequestInit): Promise<Response> => {
		const response = await fetch(url, init)
		// A streamable server need not have a stream of its own to GET, nor sessions to DELETE.
		if (response.status >= 400 && (transport === "sse" || init?.method === "POST")) report.refused(response.status)
		if (response.body === null || response.status < 200) return response
		const counted = new TransformStream<Uint8Array, Uint8Array>({
			transform(chunk, controller) {
				if (report.bytes(chunk.byteLength)) controller.enqueue(chunk)
				else controller.error(new Error("the answer is too long"))
			},
		})
		const { status, statusText, headers } = response
		return new Response(response.body.pipeThrough(counted), { status, statusText, headers })
	}
}

/** What an HTTP status of a refusal means for this server's entry. */
export function meaningOf(status: number): string {
	if (status === 401) return "HTTP 401: it needs a token; set headers.Authorization in its entry"
	if (status === 403) return "HTTP 403: it needs a token, or the token may not use it"
	if (status === 404) return "HTTP 404: there is no MCP server at this address"
	if (status === 405) return "HTTP 405: this address does not speak MCP's streamable HTTP; try type sse"
	if (status === 429) return "HTTP 429: it limits the number of requests"
	return status >= 500 ? `HTTP ${status}: the server failed` : `HTTP ${status}: it refuses the request`
}

/** Ends the session of a streamable server, if it has one. */
export const endSession = (transport: Transport): Promise<unknown> =>
	transport instanceof StreamableHTTPClientTransport ? transport.terminateSession() : Promise.resolve()
