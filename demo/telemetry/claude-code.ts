import type { Clock } from "../../core/lib/clock.ts"
import { messageOf } from "../../core/lib/errors.ts"
import type { Closeable } from "../../core/lib/lifecycle.ts"
import type { Logger } from "../../core/lib/log.ts"
import { PeriodicTask } from "../../core/lib/periodic.ts"
import { type Random, seededRandom } from "../work/random.ts"
import type { SessionPlan, Turn } from "../work/session-plan.ts"
import { type Attributes, type Event, type Increment, logsBody, metricsBody } from "./otlp-json.ts"

/** What Claude Code itself would report of the demo's sessions. */
export interface ClaudeCodeTelemetry extends Closeable {
	sessionStarted(): void
	turnEnded(plan: SessionPlan, turn: Turn): void
	sessionEnded(plan: SessionPlan): void
}

export interface TelemetryOptions {
	/** OTLP endpoint, without `/v1/…`. */
	readonly endpoint: string
	readonly token: string | undefined
	readonly clock: Clock
	readonly log: Logger
	readonly seed: number
}

const EVERY_MS = 5_000
const TIMEOUT_MS = 5_000
/** More than minutes of an unreachable receiver; older ones are dropped. */
const KEPT = 5_000

/** Tools of a turn, how probable each is, and how often it fails. */
const TOOLS = [
	["Bash", 0.9, 0.06],
	["Read", 0.9, 0.01],
	["Edit", 0.6, 0.04],
	["Grep", 0.5, 0.01],
	["Write", 0.15, 0.01],
] as const

/**
 * Sends metrics and events of Claude Code as OTLP/HTTP JSON, every five seconds. It names no session, as with
 * OTEL_METRICS_INCLUDE_SESSION_ID=false: the demo has no transcripts to compare its usage with.
 */
export function startClaudeCodeTelemetry(options: TelemetryOptions): ClaudeCodeTelemetry {
	const { clock, log } = options
	const random = seededRandom(options.seed)
	let increments: Increment[] = []
	let events: Event[] = []
	let since = clock.now()
	const count = (metric: string, by: number, attributes: Attributes = {}) => {
		if (by > 0) increments.push({ metric: `claude_code.${metric}`, by, attributes })
	}
	const event = (name: string, attributes: Attributes = {}) => events.push({ name, attributes, at: clock.now() })

	const flush = async () => {
		const [counted, happened, from, to] = [increments, events, since, clock.now()]
		increments = []
		events = []
		since = to
		// A failed request drops what it carries, as Claude Code does.
		if (counted.length > 0) await post(options, "metrics", metricsBody(counted, from, to))
		if (happened.length > 0) await post(options, "logs", logsBody(happened))
	}
	const flushNewest = () => {
		increments = increments.slice(-KEPT)
		events = events.slice(-KEPT)
		return flush()
	}
	const task = new PeriodicTask("export Claude Code's telemetry", EVERY_MS, log, flushNewest, { later: true })

	return {
		sessionStarted() {
			count("session.count", 1, { start_type: random.chance(0.12) ? "resume" : "fresh" })
			event("user_prompt", { prompt_length: random.int(40, 400) })
		},
		turnEnded({ model }, { usage, costUsd, thinkMs }) {
			const { input, output, cacheRead, cacheCreation } = usage
			for (const [type, tokens] of Object.entries({ input, output, cacheRead, cacheCreation }))
				count("token.usage", tokens, { type, model })
			count("cost.usage", costUsd, { model })
			count("active_time.total", thinkMs / 1_000, { type: "cli" })
			event("api_request", { model, duration_ms: thinkMs / 3, ttft_ms: random.between(700, 1_900), cost_usd: costUsd })
			if (random.chance(0.004)) event("api_error", { model, status_code: "529" })
			useTools(random, count, event)
			event("hook_execution_complete", { num_success: 1, num_blocking: 0, num_non_blocking_error: 0 })
		},
		sessionEnded({ outcome }) {
			if (outcome !== "completed") return
			count("lines_of_code.count", random.int(5, 80), { type: "added" })
			count("lines_of_code.count", random.int(0, 35), { type: "removed" })
			if (random.chance(0.3)) count("commit.count", 1)
			if (random.chance(0.12)) count("pull_request.count", 1)
		},
		async close() {
			await task.close()
			await flush().catch((error) => log.warn({ problem: messageOf(error) }, "cannot export the last telemetry"))
		},
	}
}

function useTools(
	random: Random,
	count: (metric: string, by: number, attributes?: Attributes) => void,
	event: (name: string, attributes?: Attributes) => void,
): void {
	for (const [tool_name, probability, failing] of TOOLS) {
		if (!random.chance(probability)) continue
		event("tool_result", { tool_name, success: String(!random.chance(failing)), duration_ms: random.int(5, 900) })
		const decision = random.chance(0.98) ? "accept" : "reject"
		if (tool_name === "Edit" || tool_name === "Write") count("code_edit_tool.decision", 1, { tool_name, decision })
	}
}

/** @throws Error unless the receiver answers with 200 */
async function post({ endpoint, token }: TelemetryOptions, signal: "metrics" | "logs", body: object): Promise<void> {
	const response = await fetch(`${endpoint}/v1/${signal}`, {
		method: "POST",
		headers: {
			"content-type": "application/json",
			...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
		},
		body: JSON.stringify(body),
		signal: AbortSignal.timeout(TIMEOUT_MS),
	})
	await response.arrayBuffer()
	if (!response.ok) throw new Error(`${endpoint}/v1/${signal} answers ${response.status}`)
}
