import {
	ACTIVE_STATES,
	FINAL_STATES,
	sessionCost,
	sessionDuration,
	sessionsActive,
	sessionsFinished,
	sessionsStarted,
	sessionTokens,
	TOKEN_TYPES,
} from "../../core/catalogue/subjects/sessions.ts"
import { sample } from "../../core/metrics/samples.ts"
import { highWaterMark, type Row, type RowState, SETTLE_MS, type Stream } from "../kit/stream.ts"

type Final = (typeof FINAL_STATES)[number]
type Active = (typeof ACTIVE_STATES)[number]

export interface SessionRow extends Row {
	readonly status: string
	readonly model: string | null
	/** Seconds since the epoch. */
	readonly started: number
	readonly ended: number | null
	/** In the order of TOKEN_TYPES. */
	readonly tokens: readonly number[]
	readonly cost: number
}

interface SessionState extends RowState {
	/** Most tokens and dollars seen so far: what has been counted. */
	readonly tokens: readonly number[]
	readonly cost: number
	/** When corrections end, once the session has. */
	readonly until?: number
}

/** Sessions are counted when they start and when they end; tokens and cost as they grow. */
export const sessionStream: Stream<SessionRow, SessionState> = {
	reader: "sessions",
	view: "sessions",
	select: `status, model, extract(epoch from started_at)::float8 as started,
		extract(epoch from coalesce(ended_at, updated_at))::float8 as ended,
		array[input_tokens, output_tokens, cache_read_tokens, cache_creation_tokens]::float8[] as tokens, cost_usd::float8 as cost`,
	emits: [sessionsStarted, sessionsFinished, sessionDuration, sessionTokens, sessionCost],
	take(row, before, tally, now) {
		const model = modelName(row.model)
		if (before === undefined) tally.count(sessionsStarted, {})
		const tokens = TOKEN_TYPES.map((type, i) => {
			const counted = before?.tokens[i] ?? 0
			const seen = highWaterMark(counted, row.tokens[i], (n) => tally.accepts(sessionTokens, n))
			tally.count(sessionTokens, { type, model }, seen - counted)
			return seen
		})
		const cost = highWaterMark(before?.cost ?? 0, row.cost, (usd) => tally.accepts(sessionCost, usd))
		tally.count(sessionCost, { model }, cost - (before?.cost ?? 0))

		if (before?.until !== undefined) return now < before.until ? { tokens, cost, until: before.until } : undefined
		if (!isFinal(row.status)) return { status: activeState(row.status), tokens, cost }
		tally.count(sessionsFinished, { outcome: row.status })
		if (row.ended !== null) tally.observe(sessionDuration, {}, Math.max(0, row.ended - row.started))
		// A session that ended before our first look is history, and not watched for corrections.
		const endedAt = before === undefined && row.ended !== null ? row.ended * 1000 : now
		return now < endedAt + SETTLE_MS ? { tokens, cost, until: endedAt + SETTLE_MS } : undefined
	},
}

/** The gauge comes from the sessions that are being watched because they have not ended. */
export const activeSessions = (statuses: ReadonlyMap<string, number>) =>
	ACTIVE_STATES.map((status) => sample(sessionsActive, { status }, statuses.get(status) ?? 0))

const isFinal = (status: string): status is Final => FINAL_STATES.some((state) => state === status)

/** A state that is not known, such as `active`, is one of working. */
const activeState = (status: string): Active => ACTIVE_STATES.find((state) => state === status) ?? "running"

/** `claude-opus-4-8[1m]` is `claude-opus-4-8`. */
export const modelName = (model: string | null): string => model?.replace(/\[[^\]]*\]$/, "").trim() || "unknown"
