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

/** One piece of work's access to the servers: an HTTP session of its own, the stdio process shared by all. */
export interface McpDesk extends Closeable {
	ask(request: Request, taskId: string): Promise<CallRecord>
}

export interface McpPool extends Closeable {
	desk(onConnection?: (record: ConnectionRecord) => void): McpDesk
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
		desk(onConnection) {
			const everything: McpLink = createLink({
				server: "everything",
				transport: "streamable-http",
				open: () => openTransport(entries.everything),
				farewell: (transport) => endHttpSession(transport, log),
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
	// No reconnecting of its own: a broken session is given up, and the next call opens another.
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

/** The server keeps every event of a session until it is told that the session is over. */
async function endHttpSession(transport: Transport, log: Logger): Promise<void> {
	if (!(transport instanceof StreamableHTTPClientTransport)) return
	try {
		await transport.terminateSession()
	} catch (error) {
		log.debug({ problem: messageOf(error) }, "the MCP server did not take the end of a session")
	}
}
