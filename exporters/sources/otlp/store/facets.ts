import type { LogRecord, SpanRecord, TelemetryRecord } from "../decode/records.ts"
import { type Attributes, type AttributeValue, isFalse, textOf } from "../interpret/model.ts"

/** What records are searched by; null where a record does not say. */
export interface Facets {
	readonly session: string | null
	readonly tool: string | null
	readonly server: string | null
	readonly model: string | null
}

const SESSION = ["session.id", "gen_ai.conversation.id", "session_id"]
const TOOL = ["gen_ai.tool.name", "tool_name", "mcp.tool.name"]
const SERVER = ["mcp.server.name", "mcp.server", "mcp_server_name"]
const MODEL = ["gen_ai.response.model", "gen_ai.request.model", "model"]

/** By the names of the conventions, of Claude Code and of the monitored system, as the series read them. */
export function facetsOf(record: TelemetryRecord): Facets {
	const attributes = record.attributes as ReadonlyMap<string, AttributeValue>
	const named = record.signal === "traces" ? namedBy(record.name, attributes) : {}
	const tool = firstOf(attributes, TOOL) ?? named.tool
	const [, serverOfTool] = /^mcp__(.+?)__/.exec(tool ?? "") ?? []
	return {
		session: firstOf(attributes, SESSION) ?? firstOf(record.resource, SESSION) ?? null,
		tool: tool ?? null,
		server: firstOf(attributes, SERVER) ?? serverOfTool ?? named.server ?? null,
		model: firstOf(attributes, MODEL) ?? null,
	}
}

/** The status is ERROR, or the attributes say so. */
export const spanFailed = ({ failed, attributes }: SpanRecord): boolean =>
	failed || attributes.has("error.type") || isFalse(attributes as Attributes, "success")

/** SeverityNumber from which on a record is an error. */
const ERROR = 17

export const logFailed = ({ severity, event, attributes }: LogRecord): boolean =>
	severity >= ERROR ||
	attributes.has("error.type") ||
	attributes.has("exception.type") ||
	isFalse(attributes as Attributes, "success") ||
	/^claude_code\.(\w+_)?error$/.test(event)

function firstOf(attributes: Attributes, keys: readonly string[]): string | undefined {
	for (const key of keys) {
		const value = attributes.get(key)
		if (typeof value !== "object" && textOf(attributes, key) !== undefined) return String(value)
	}
	return undefined
}

/** Of spans named `mcp.SERVER.TOOL`, `mcp.connection.SERVER` and `mcp.resource.SERVER`. */
function namedBy(name: string, attributes: Attributes): { readonly server?: string; readonly tool?: string } {
	if (!name.startsWith("mcp.") || name.includes("/")) return {}
	const rest = name.slice("mcp.".length)
	const [, about] = /^(?:connection|resource)\.(.+)$/.exec(rest) ?? []
	if (about !== undefined) return { server: about }
	const dot = rest.lastIndexOf(".")
	const server = attributes.get("rpc.system") === "mcp" ? textOf(attributes, "rpc.service") : undefined
	if (dot < 0) return server === undefined ? {} : { server }
	return { server: server ?? rest.slice(0, dot), tool: rest.slice(dot + 1) }
}
