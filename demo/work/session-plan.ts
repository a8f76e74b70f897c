import { costOf, type Model, type Usage } from "./models.ts"
import type { Random } from "./random.ts"

/** One exchange with the model and its tool calls. */
export interface Turn {
	readonly thinkMs: number
	readonly usage: Usage
	readonly costUsd: number
	readonly calls: number
}

export interface SessionPlan {
	readonly model: Model
	readonly turns: readonly Turn[]
	readonly outcome: "completed" | "failed" | "timeout"
	readonly error: string | null
}

export type SessionProfile = "first" | "healthy" | "failing" | "broken"

const FAILURES = [
	["failed", "The edit did not apply: the file has changed since it was read"],
	["failed", "The model's answer was not valid JSON, three times in a row"],
	["timeout", "No answer from the model within the session's time limit"],
] as const

/**
 * The plan of one autonomous session. A session takes one to three minutes; the first ones are short, so that results
 * show soon, and a broken one fails within seconds.
 */
export function planSession(random: Random, profile: SessionProfile): SessionPlan {
	const model = pickModel(random)
	const pace = profile === "first" || profile === "broken" ? [2_000, 5_000] : [12_000, 40_000]
	const count = profile === "healthy" ? random.int(2, 4) : profile === "broken" ? 1 : 2
	const turns = Array.from({ length: count }, () => planTurn(random, model, pace[0] ?? 0, pace[1] ?? 0))
	const failure = profile === "failing" || profile === "broken" ? random.pick(FAILURES) : undefined
	return { model, turns, outcome: failure?.[0] ?? "completed", error: failure?.[1] ?? null }
}

export function pickModel(random: Random): Model {
	const at = random.next()
	if (at < 0.85) return "claude-haiku-4-5"
	return at < 0.98 ? "claude-sonnet-4-5" : "claude-opus-4-5"
}

function planTurn(random: Random, model: Model, shortest: number, longest: number): Turn {
	const usage = planUsage(random)
	return {
		thinkMs: Math.round(random.between(shortest, longest)),
		usage,
		costUsd: costOf(model, usage),
		calls: random.int(2, 4),
	}
}

export function planUsage(random: Random): Usage {
	return {
		input: random.int(200, 800),
		output: random.int(80, 280),
		cacheRead: random.int(2_000, 8_000),
		cacheCreation: random.int(150, 600),
	}
}
