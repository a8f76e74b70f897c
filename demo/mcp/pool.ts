import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js"
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js"
import type { Tracer } from "@opentelemetry/api"
import { messageOf } from "../../core/lib/errors.ts"
import type { Closeable } from "../../core/lib/lifecycle.ts"
import type { Logger } from "../../core/lib/log.ts"
import type { Request } from "../work/tool-calls.ts"
import { type CallRecord, type ConnectionRecord, createLink, type McpLink } from "./link.ts"
import type { ServerEntries, ServerEntry } from "./servers.ts"

/** A session's access to the MCP servers: its own HTTP session, and the stdio process that all sessions share. */
export interface SessionClient extends Closeable {
	ask(request: Request, taskId: string): Promise<CallRecord>
}

export interface McpPool extends Closeable {
	openClient(onConnection?: (record: ConnectionRecord) => void): SessionClient
}

export function createPool(entries: ServerEntries, tracer: Tracer, log: Logger, signal: AbortSignal): McpPool {
	const memory = createLink({
		server: "memory",
		transport: "stdio",
		open: () => openTransport(entries.memory),
		tracer,
		signal,
	})
	return {
		openClient(onConnection) {
			const everything: McpLink = createLink({
				server: "everything",
				transport: "streamable-http",
				open: () => openTransport(entries.everything),
				beforeClose: (transport) => endHttpSession(transport, log),
				tracer,
				signal,
				...(onConnection === undefined ? {} : { onConnection }),
			})
			return {
				ask: (request, taskId) => (request.server === "memory" ? memory : everything).ask(request, taskId),
				close: () => everything.close(),
			}
		},
		close: () => memory.close(),
	}
}

function openTransport(entry: ServerEntry): Transport {
	if ("command" in entry)
		return new StdioClientTransport({
			command: entry.command,
			args: [...entry.args],
			env: { ...entry.env },
			stderr: "ignore",
		})
	// No reconnects by the transport: a broken session is dropped, and the next call opens a new one.
	return new StreamableHTTPClientTransport(new URL(entry.url), {
		requestInit: { headers: { ...entry.headers } },
		reconnectionOptions: {
			maxRetries: 0,
			initialReconnectionDelay: 1_000,
			maxReconnectionDelay: 1_000,
			reconnectionDelayGrowFactor: 1,
		},
	}) as Transport
}

/** The server keeps every event of a session until the client terminates the session. */
async function endHttpSession(transport: Transport, log: Logger): Promise<void> {
	if (!(transport instanceof StreamableHTTPClientTransport)) return
	try {
		await transport.terminateSession()
	} catch (error) {
		log.debug({ problem: messageOf(error) }, "cannot terminate a session of the MCP server")
	}
}
