import { z } from "zod"
import type { SessionEvent } from "./event.ts"
import { fingerprint } from "./fingerprint.ts"

/** An event of Claude Code over OTLP, as far as states are made of it. */
export interface EventLog {
	readonly name: string
	readonly attributes: { get(key: string): string | number | boolean | undefined }
}

const PREFIX = "claude_code."
const LONGEST_NAME = 200
const NEVER_ASK = new Set(["bypassPermissions", "dontAsk"])
const time = z.iso.datetime({ offset: true })

/**
 * What a session did, by one event; nothing for events that say nothing of it.
 *
 * @param now milliseconds since the epoch: the time of an event that has none
 */
export function fromLog({ name, attributes }: EventLog, now: number): SessionEvent[] {
	const text = (key: string): string | undefined => {
		const value = attributes.get(key)
		return value === undefined || value === "" ? undefined : String(value)
	}
	const session = text("session.id")
	if (!name.startsWith(PREFIX) || session === undefined || session.length > LONGEST_NAME) return []
	const stated = time.safeParse(text("event.timestamp"))
	const of = { session, at: stated.success ? Date.parse(stated.data) : now }
	const tool = text("tool_name") ?? "unknown"
	const id = text("tool_use_id")
	const mode = text("permission_mode")
	switch (name.slice(PREFIX.length)) {
		case "user_prompt":
			return [{ ...of, kind: "prompt" }]
		case "api_request":
			return [{ ...of, kind: "answered" }]
		case "api_error":
			return [{ ...of, kind: "api_error" }]
		case "assistant_response":
			return [{ ...of, kind: "end", reported: true }]
		case "tool_decision":
			if (id === undefined) return [{ ...of, kind: "sign" }]
			return [{ ...of, kind: "decision", id, tool, asks: mode === undefined ? undefined : !NEVER_ASK.has(mode) }]
		case "tool_result": {
			if (id === undefined) return [{ ...of, kind: "sign" }]
			const failed = text("success") === "false"
			const size = text("tool_result_size_bytes")
			const output = size === undefined ? undefined : fingerprint(`${failed} ${size} bytes`)
			// Only where OTEL_LOG_TOOL_DETAILS is set.
			const given = text("tool_input") ?? text("tool_parameters")
			const input = given === undefined ? undefined : fingerprint(`${tool} ${given}`)
			return [{ ...of, kind: "result", id, tool, failed, output, input, exact: false }]
		}
		default:
			return []
	}
}
