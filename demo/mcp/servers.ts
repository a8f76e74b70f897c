import { createRequire } from "node:module"
import type { ServerName } from "../work/tool-calls.ts"

/** One entry of a usual `mcpServers` file. */
export type ServerEntry =
	| { readonly type: "http"; readonly url: string; readonly headers: Readonly<Record<string, string>> }
	| { readonly command: string; readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> }

export type ServerEntries = Readonly<Record<ServerName, ServerEntry>>

const { resolve } = createRequire(import.meta.url)

/** The program of server-everything, whose package has no main module. */
export const everythingProgram = () => resolve("@modelcontextprotocol/server-everything/dist/index.js")

/** The demo's two servers: a supervised one over streamable HTTP, and one over stdio. */
export function serverEntries(everythingUrl: string, token: string, memoryFile: string): ServerEntries {
	return {
		everything: { type: "http", url: everythingUrl, headers: { Authorization: `Bearer ${token}` } },
		memory: {
			command: process.execPath,
			args: [resolve("@modelcontextprotocol/server-memory/dist/index.js")],
			env: { MEMORY_FILE_PATH: memoryFile },
		},
	}
}

/** The text of the `mcpServers` file for the prober. */
export const renderMcpConfig = (entries: ServerEntries) => `${JSON.stringify({ mcpServers: entries }, null, "\t")}\n`
