import type { SessionEvent } from "./event.ts"
import { longestMs } from "./tools.ts"

export interface Call {
	readonly id: string
	readonly tool: string
	readonly at: number
	readonly allowedMs: number
	readonly question: boolean
	/** Someone or a rule let it run, or refused it. */
	readonly decided: boolean
	readonly input: string | undefined
	readonly endedAt: number | undefined
	readonly failed: boolean
	readonly output: string | undefined
	readonly exact: boolean
}

/** What is remembered of a session: as much as its state needs, and never more than `MOST_CALLS` calls. */
export interface Memory {
	/** When the current turn began, or the session was first seen. */
	readonly turnAt: number
	readonly turn: "open" | "ended"
	readonly lastAt: number
	readonly last: SessionEvent["kind"]
	/** In order of their start. */
	readonly calls: readonly Call[]
	readonly apiErrors: number
	/** The first of them. */
	readonly apiErrorsAt: number
	/** Its calls may wait for a person. */
	readonly asks: boolean
	/** Its source reports decisions; then a call without one waits for it. */
	readonly decides: boolean
	/** Its source reports the end of a turn. */
	readonly ends: boolean
}

/** Calls of one session that are remembered. */
export const MOST_CALLS = 64

/** The memory of a session whose first event is at `at`, which may open a turn. */
export const newMemory = (at: number): Memory => ({
	turnAt: at - 1,
	turn: "ended",
	lastAt: at,
	last: "sign",
	calls: [],
	apiErrors: 0,
	apiErrorsAt: at,
	asks: true,
	decides: false,
	ends: false,
})

/** The memory after an event. The same event twice, or from two sources, changes nothing more than once. */
export function remember(before: Memory, event: SessionEvent): Memory {
	const latest = event.at >= before.lastAt
	const memory = latest ? { ...before, lastAt: event.at, last: event.kind } : before
	switch (event.kind) {
		case "prompt":
			if (event.at < memory.turnAt) return memory
			// What was asked for twice is no loop.
			return {
				...memory,
				turn: "open",
				turnAt: event.at,
				calls: memory.calls.filter((call) => call.at > event.at),
				asks: event.asks ?? memory.asks,
			}
		case "call":
			return opened(
				withCall(memory, event.id, event, (call) => ({ ...call, ...fieldsOf(event) })),
				event,
			)
		case "decision":
			return {
				...opened(
					withCall(memory, event.id, event, (call) => ({ ...call, decided: true })),
					event,
				),
				decides: true,
				asks: event.asks ?? memory.asks,
			}
		case "result":
			return opened(
				withCall(memory, event.id, event, (call) => ended(call, event)),
				event,
			)
		case "running":
			return {
				...memory,
				calls: memory.calls.map((call) => (call.id === event.id ? { ...call, decided: true } : call)),
			}
		case "answered":
			return { ...memory, apiErrors: 0 }
		case "end":
			return endTurn(memory, event.at, event.reported === true)
		case "api_error":
			return {
				...memory,
				apiErrors: memory.apiErrors + 1,
				apiErrorsAt: memory.apiErrors === 0 ? event.at : memory.apiErrorsAt,
			}
		case "text":
		case "sign":
			return memory
	}
}

/** A tool call after the end of a turn, which another source or an unseen prompt began, opens one. */
function opened(memory: Memory, event: CallEvent): Memory {
	const inside = event.kind !== "decision" && event.inside === true
	if (inside || memory.turn === "open" || event.at <= memory.turnAt) return memory
	return { ...memory, turn: "open", turnAt: event.at }
}

/** A subagent's turn ends while the call that it works for is open. */
function endTurn(memory: Memory, at: number, reported: boolean): Memory {
	const ends = memory.ends || reported
	const busy = reported && memory.calls.some((call) => call.endedAt === undefined)
	if (busy || at < memory.turnAt) return { ...memory, ends }
	return { ...memory, ends, turn: "ended", turnAt: at }
}

function withCall(memory: Memory, id: string, first: CallEvent, change: (call: Call) => Call): Memory {
	const known = memory.calls.findIndex((call) => call.id === id)
	if (known >= 0) return { ...memory, calls: memory.calls.with(known, change(memory.calls[known] as Call)) }
	// One of an earlier turn has no meaning any more.
	if (first.at < memory.turnAt) return memory
	const calls = [...memory.calls, change(newCall(id, first))].sort((a, b) => a.at - b.at)
	return { ...memory, calls: calls.slice(-MOST_CALLS) }
}

type CallEvent = Extract<SessionEvent, { kind: "call" | "decision" | "result" }>

const newCall = (id: string, { tool, at }: CallEvent): Call => ({
	id,
	tool,
	at,
	allowedMs: longestMs(tool),
	question: false,
	decided: false,
	input: undefined,
	endedAt: undefined,
	failed: false,
	output: undefined,
	exact: false,
})

const fieldsOf = ({ tool, at, input, allowedMs, question }: Extract<SessionEvent, { kind: "call" }>) => ({
	tool,
	at,
	input,
	allowedMs,
	question,
})

/** A source that shows the call and its result wins against one that shows only their sizes. */
function ended(call: Call, { at, failed, output, input, exact }: Extract<SessionEvent, { kind: "result" }>): Call {
	return {
		...call,
		endedAt: call.endedAt ?? at,
		failed: call.failed || failed,
		input: call.input ?? input,
		output: call.exact ? call.output : output,
		exact: call.exact || exact,
	}
}
