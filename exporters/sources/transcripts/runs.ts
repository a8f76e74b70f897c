import type { Activity } from "./line.ts"

/** A stretch of a session's work. `run` is its id in `claude_sessions`. */
export interface Run {
	readonly run: string
	readonly session: string
	readonly number: number
	readonly startedAt: Date
	readonly lastAt: Date
	readonly turn: "working" | "answered" | "failed"
	readonly model: string | undefined
	/** Its status is final: it has been counted as ended. */
	readonly ended: boolean
}

/** A session whose turn has ended is over when nothing came for this long. */
export const IDLE_MS = 5 * 60_000
/** A session in the middle of a turn is given up after this long without a sign. */
export const SILENT_MS = 30 * 60_000

/** Finds the run that a line belongs to: the session's latest, or a new one if that has ended before the line. */
export function runAfter(latest: Run | undefined, activity: Activity): Run {
	const { session, at, turn, model } = activity
	if (latest === undefined || (latest.ended && at > latest.lastAt)) {
		const number = (latest?.number ?? 0) + 1
		const run = number === 1 ? session : `${session}#${number}`
		return { run, session, number, startedAt: at, lastAt: at, turn: turn ?? "working", model, ended: false }
	}
	const newer = at >= latest.lastAt
	return {
		...latest,
		startedAt: new Date(Math.min(at.getTime(), latest.startedAt.getTime())),
		lastAt: newer ? at : latest.lastAt,
		turn: (newer ? turn : undefined) ?? latest.turn,
		model: (newer || latest.model === undefined ? model : undefined) ?? latest.model,
	}
}

/** What a run's status is by now. A transcript has no end mark; silence is the only sign. */
export function statusOf({ turn, lastAt }: Pick<Run, "turn" | "lastAt">, now: number): string {
	const silence = now - lastAt.getTime()
	if (turn === "working") return silence < SILENT_MS ? "running" : "timeout"
	if (silence < IDLE_MS) return "running"
	return turn === "failed" ? "failed" : "completed"
}
