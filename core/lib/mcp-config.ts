import { readFile } from "node:fs/promises"
import { z } from "zod"
import type { Env } from "./config.ts"
import { ObservatoryError } from "./errors.ts"
import { findJsonFault } from "./json.ts"
import { didYouMean } from "./nearest.ts"

/** A server that runs as a child process and speaks over standard input and output. */
interface StdioServer {
	readonly transport: "stdio"
	readonly command: string
	readonly args: readonly string[]
	readonly env: Readonly<Record<string, string>>
	readonly cwd?: string
}

/** A server over HTTP: streamable HTTP, or the older server-sent events. */
interface HttpServer {
	readonly transport: "http" | "sse"
	readonly url: string
	readonly headers: Readonly<Record<string, string>>
}

/** An entry that cannot be used. It is this server's fault alone. */
interface UnusableServer {
	readonly transport: "unusable"
	/** Each with the field that it is about. */
	readonly problems: readonly string[]
}

export type McpServerConfig = {
	readonly name: string
	/** Fields of the entry that we do not know, in words; newer clients may know them. */
	readonly warnings?: readonly string[]
} & (StdioServer | HttpServer | UnusableServer)

/** A server that can be connected to. */
export type UsableMcpServer = Exclude<McpServerConfig, { readonly transport: "unusable" }>

/** The problems of all entries, each with the name of its server. */
export const problemsOf = (servers: readonly McpServerConfig[]): string[] =>
	servers.flatMap((server) =>
		server.transport === "unusable" ? server.problems.map((problem) => `server "${server.name}"${problem}`) : [],
	)

/** The warnings of all entries, each with the name of its server. */
export const warningsOf = (servers: readonly McpServerConfig[]): string[] =>
	servers.flatMap(({ name, warnings = [] }) => warnings.map((warning) => `server "${name}"${warning}`))

const text = z.string({ error: "expected text" })
const texts = z.record(z.string(), text, { error: "expected an object of texts" })

const stdio = z.object({
	type: z.literal("stdio", { error: 'expected "stdio", because the entry has a command' }).optional(),
	command: text.min(1, "is empty"),
	args: z.array(text, { error: "expected a list of texts" }).default([]),
	env: texts.default({}),
	cwd: text.optional(),
})

const http = z.object({
	type: z
		.enum(["http", "streamable-http", "sse"], { error: 'expected "http", "streamable-http" or "sse"' })
		.default("http"),
	url: z.url({ protocol: /^https?$/, error: "expected an http:// or https:// address" }),
	headers: texts.default({}),
})

/** Fields of other clients that do not matter to a probe. */
const IGNORED = [
	"alwaysAllow",
	"alwaysLoad",
	"autoApprove",
	"description",
	"disabled",
	"headersHelper",
	"oauth",
	"timeout",
	"tools",
]

/**
 * Reads a file of `mcpServers` in the form of Claude Code and other clients, with `${VAR}` and `${VAR:-default}` in
 * command, args, env, cwd, url and headers. Omits servers that are `disabled`; an entry that cannot be used stays, as
 * `unusable` with its problems. A field that we do not know is a warning.
 *
 * @throws ObservatoryError `file_unreadable`, or `config_invalid` when the file as a whole is not of that form
 */
export async function loadMcpConfig(file: string, env: Env): Promise<McpServerConfig[]> {
	let content: string
	try {
		content = await readFile(file, "utf8")
	} catch (error) {
		throw new ObservatoryError("file_unreadable", `The MCP server file ${file} cannot be read`, {
			advice: 'Correct MCP_CONFIG, or create the file: {"mcpServers": {"name": {"command": "…", "args": []}}}.',
			cause: error,
		})
	}
	return parseMcpConfig(content, file, env)
}

/** Parses the content of such a file. `file` is its name in messages. */
export function parseMcpConfig(content: string, file: string, env: Env): McpServerConfig[] {
	const fault = findJsonFault(content)
	if (fault) throw invalid(`${file}:${fault.line}:${fault.column}: this is not JSON: ${fault.problem}`)
	const document = z.object({ mcpServers: z.record(z.string(), z.unknown()) }).safeParse(JSON.parse(content))
	if (!document.success)
		throw invalid(`${file}: expected an object with the key "mcpServers" and one object for each server`)
	return Object.entries(document.data.mcpServers).flatMap(([name, entry]) => parseServer(name, entry, env) ?? [])
}

const invalid = (message: string) =>
	new ObservatoryError("config_invalid", message, {
		advice:
			'Correct the file. It has the form of Claude Code\'s .mcp.json: {"mcpServers": {"name": {"command": "…", "args": []}}}.',
	})

function parseServer(name: string, entry: unknown, env: Env): McpServerConfig | undefined {
	const unusable = (...problems: string[]): McpServerConfig => ({ name, transport: "unusable", problems })
	if (typeof entry !== "object" || entry === null || Array.isArray(entry)) return unusable(": expected an object")
	if ("disabled" in entry && entry.disabled === true) return undefined
	if ("command" in entry === "url" in entry)
		return unusable(': needs either "command" (a program to start) or "url" (an address)')
	const known = Object.keys(("url" in entry ? http : stdio).shape)
	const fields = Object.fromEntries(Object.entries(entry).filter(([field]) => known.includes(field)))
	const warnings = Object.keys(entry)
		.filter((field) => !known.includes(field) && !IGNORED.includes(field))
		.map((field) => [`, ${field}: is not known here and ignored`, didYouMean(field, known)].filter(Boolean).join("; "))
	const common = { name, ...(warnings.length > 0 ? { warnings } : {}) }
	const problems: string[] = []
	const expanded = expand(fields, env, (variable, field) =>
		problems.push(`, ${field}: the environment variable ${variable} is not set`),
	)
	const parsed = "url" in fields ? http.safeParse(expanded) : stdio.safeParse(expanded)
	for (const issue of parsed.error?.issues ?? []) {
		const where = issue.path.length > 0 ? `, ${issue.path.join(".")}` : ""
		problems.push(`${where}: ${issue.message}`)
	}
	if (!parsed.success || problems.length > 0) return unusable(...problems)
	return "url" in parsed.data
		? {
				...common,
				transport: parsed.data.type === "sse" ? "sse" : "http",
				url: parsed.data.url,
				headers: parsed.data.headers,
			}
		: {
				...common,
				transport: "stdio",
				command: parsed.data.command,
				args: parsed.data.args,
				env: parsed.data.env,
				...(parsed.data.cwd === undefined ? {} : { cwd: parsed.data.cwd }),
			}
}

/** Replaces variables in every string in `value`. */
function expand(value: unknown, env: Env, missing: (variable: string, field: string) => void, at = ""): unknown {
	const inside = (child: unknown, key: string | number) =>
		expand(child, env, missing, at ? `${at}.${key}` : String(key))
	if (Array.isArray(value)) return value.map(inside)
	if (typeof value === "object" && value !== null)
		return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, inside(child, key)]))
	if (typeof value !== "string") return value
	return value.replace(/\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}/g, (_, variable: string, byDefault?: string) => {
		const found = env[variable] || byDefault
		if (found === undefined) missing(variable, at)
		return found ?? ""
	})
}
