import { contractValuesRefused } from "../../core/catalogue/subjects/observatory.ts"
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
import { UNOBSERVED } from "../../core/db/contract/views.ts"
import { type Sample, sample } from "../../core/metrics/samples.ts"
import { defineStream, highWaterMark, type RowState, SETTLE_MS } from "../kit/stream.ts"

type Final = (typeof FINAL_STATES)[number]
type Active = (typeof ACTIVE_STATES)[number]

interface SessionState extends RowState {
	/** Most tokens and dollars seen so far: what has been counted. */
	readonly tokens: readonly number[]
	readonly cost: number
	/** Most parts seen that could not be used. */
	readonly unusable?: number
	/** When corrections end, once the session has. */
	readonly until?: number
}

/** The tasks of a run that no session observes may use tokens for this long. */
const RUN_MS = 26 * 3_600_000

/** Sessions are counted when they start and when they end; tokens and cost as they grow. */
export const sessionStream = defineStream({
	view: "sessions",
	columns: [
		"status",
		"model",
		"started_at",
		"ended_at",
		"updated_at",
		"input_tokens",
		"output_tokens",
		"cache_read_tokens",
		"cache_creation_tokens",
		"cost_usd",
		"unusable",
	],
	emits: [sessionsStarted, sessionsFinished, sessionDuration, sessionTokens, sessionCost],
	gauges: { emits: [sessionsActive], of: activeSessions },
	hasEnded: (state) => state?.status === undefined,
	take(row, before: SessionState | undefined, tally, now): SessionState | undefined {
		const model = modelName(row.model)
		const tokens = TOKEN_TYPES.map((type, i) => {
			const counted = before?.tokens[i] ?? 0
			const seen = highWaterMark(counted, row[`${type}_tokens`], (n) => tally.accepts(sessionTokens, n))
			tally.count(sessionTokens, { type, model }, seen - counted)
			return seen
		})
		const cost = highWaterMark(before?.cost ?? 0, row.cost_usd, (usd) => tally.accepts(sessionCost, usd))
		tally.count(sessionCost, { model }, cost - (before?.cost ?? 0))

		const unusable = highWaterMark(before?.unusable ?? 0, row.unusable)
		tally.count(contractValuesRefused, { view: "sessions", reason: "not_finite" }, unusable - (before?.unusable ?? 0))
		const usage = { tokens, cost, ...(unusable > 0 ? { unusable } : {}) }

		if (row.provider === UNOBSERVED)
			return row.updated_at === null && now < (row.started_at ?? 0) * 1000 + RUN_MS ? usage : undefined
		if (before === undefined) tally.count(sessionsStarted, {})
		if (before?.until !== undefined) return now < before.until ? { ...usage, until: before.until } : undefined
		if (!isFinal(row.status)) return { status: activeState(row.status), ...usage }
		tally.count(sessionsFinished, { outcome: row.status })
		const ended = row.ended_at ?? row.updated_at
		if (ended !== null && row.started_at !== null)
			tally.observe(sessionDuration, {}, Math.max(0, ended - row.started_at))
		// A session that ended before our first look is history, and not watched for corrections.
		const endedAt = before === undefined && ended !== null ? ended * 1000 : now
		return now < endedAt + SETTLE_MS ? { ...usage, until: endedAt + SETTLE_MS } : undefined
	},
})

/** The gauge comes from the sessions that are being watched because they have not ended. */
function activeSessions(statuses: ReadonlyMap<string, number>): Sample[] {
	return ACTIVE_STATES.map((status) => sample(sessionsActive, { status }, statuses.get(status) ?? 0))
}

const isFinal = (status: string | null): status is Final => FINAL_STATES.some((state) => state === status)

/** A state that is not known, such as `active`, is one of working. */
const activeState = (status: string | null): Active => ACTIVE_STATES.find((state) => state === status) ?? "running"

/** `claude-opus-4-8[1m]` is `claude-opus-4-8`. */
export const modelName = (model: string | null): string => model?.replace(/\[[^\]]*\]$/, "").trim() || "unknown"
