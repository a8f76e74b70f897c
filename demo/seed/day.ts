import type { CallRecord } from "../mcp/link.ts"
import { type Observation, planObservation, planRun, type RunPlan } from "../work/evaluation-plan.ts"
import { type Finding, type Proposal, planFindings, planProposal } from "../work/findings.ts"
import { type ImprovementPath, improvementPath } from "../work/improvement-path.ts"
import { cadence, type Random, seededRandom } from "../work/random.ts"
import { planSession, type SessionPlan } from "../work/session-plan.ts"
import { planCall } from "../work/tool-calls.ts"

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/**
 * A day of history has one night of work. All seven days together stay below every threshold of the shipped alerts, so
 * that none fires even if a counter adds the whole history in one step.
 */
const SESSIONS_A_DAY = 48
const RUNS_A_DAY = 2

export interface PastSession {
	readonly id: string
	readonly plan: SessionPlan
	readonly startedAt: Date
	readonly endedAt: Date
	readonly calls: readonly CallRecord[]
	readonly findings: readonly Finding[]
	readonly proposal: Proposal | undefined
	readonly path: ImprovementPath | undefined
	readonly violation: "read_only" | "scope" | "resource_limit" | "timeout" | undefined
}

export interface PastRun {
	readonly plan: RunPlan
	readonly at: Date
	readonly calls: readonly CallRecord[]
	readonly seen: Observation | undefined
}

export interface Day {
	readonly sessions: readonly PastSession[]
	readonly runs: readonly PastRun[]
}

/** The history of the day that starts at `start` (milliseconds, midnight UTC); deterministic. */
export function planDay(start: number): Day {
	const random = seededRandom(start / HOUR)
	const fails = cadence(random, 20, 30)
	const violating = random.int(0, SESSIONS_A_DAY - 1)
	const date = new Date(start).toISOString().slice(0, 10)
	const sessions = Array.from({ length: SESSIONS_A_DAY }, (_, number): PastSession => {
		const startedAt = new Date(start + HOUR + number * 7 * MINUTE + random.int(0, 3 * MINUTE))
		const plan = planSession(random, fails() ? "failing" : "healthy")
		const seconds = plan.turns.reduce((sum, turn) => sum + turn.thinkMs / 1_000 + turn.calls * 2, 0)
		const endedAt = new Date(startedAt.getTime() + Math.round(seconds * 1_000))
		const improves = plan.outcome === "completed" && number % 6 === 0
		const id = `demo-${date}-${number}`
		return {
			id,
			plan,
			startedAt,
			endedAt,
			calls: pastCalls(
				random,
				id,
				startedAt,
				plan.turns.reduce((sum, turn) => sum + turn.calls, 0),
			),
			findings: plan.outcome === "completed" ? planFindings(random) : [],
			proposal: improves ? planProposal(random) : undefined,
			path: improves ? improvementPath(start / HOUR + number) : undefined,
			violation: number === violating ? random.pick(["read_only", "scope", "resource_limit", "timeout"]) : undefined,
		}
	})
	const runs = Array.from({ length: RUNS_A_DAY }, (_, number): PastRun => {
		const at = new Date(start + (8 + number) * HOUR)
		return {
			plan: planRun(random, fails),
			at,
			calls: pastCalls(random, `demo-run-${date}-${number}`, at, 3),
			seen: planObservation(random),
		}
	})
	return { sessions, runs }
}

function pastCalls(random: Random, owner: string, from: Date, count: number): CallRecord[] {
	return Array.from({ length: count }, (_, index) => ({
		request: planCall(random, owner),
		at: new Date(from.getTime() + (index + 1) * 4_000),
		durationMs: random.between(3, 240),
		responseBytes: random.int(60, 4_000),
		response: "",
		error: undefined,
	}))
}
