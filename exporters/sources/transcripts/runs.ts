import type { Activity } from "./line.ts"

/** One run of a session. `run` is its id in `claude_sessions`. */
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

/** A session whose turn has ended is completed after this long without activity. */
export const IDLE_MS = 5 * 60_000
/** A session in the middle of a turn times out after this long without activity. */
export const SILENT_MS = 30 * 60_000

/** The run of a line: the session's latest, or a new one if that had ended before the line. */
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

/** The session of a run's id. */
export const sessionOf = (run: string): string => run.replace(/#\d+$/, "")

/** The status of a run at `now`. A transcript has no end mark, so silence decides. */
export function statusOf({ turn, lastAt }: Pick<Run, "turn" | "lastAt">, now: number): string {
	const silence = now - lastAt.getTime()
	if (turn === "working") return silence < SILENT_MS ? "running" : "timeout"
	if (silence < IDLE_MS) return "running"
	return turn === "failed" ? "failed" : "completed"
}
