import type pg from "pg"
import type { SessionUsage, Side } from "./compare.ts"
import { SLOT_MS } from "./recorder.ts"

const MINUTE_MS = 60_000
/** Answers of transcripts that are this old are in the telemetry that arrived until now. */
const SETTLED_TRANSCRIPT_MS = 3 * MINUTE_MS
/** Telemetry of slots that ended this long ago is in the transcripts that were read until now. */
const SETTLED_TELEMETRY_MS = SLOT_MS

/**
 * The sessions of `windowMs`, by telemetry and by transcripts. Transcripts count from where telemetry was first stored: what
 * was before cannot be compared.
 */
export async function sessionsOf(client: pg.ClientBase, now: number, windowMs: number): Promise<SessionUsage[]> {
	const { rows } = await client.query<{
		session: string
		source: "telemetry" | "transcripts"
		tokens: number
		settled: number
		last_at: Date
	}>(
		`with start as (select greatest($1::timestamptz, min(slot)) as at from observatory.telemetry_usage)
		select session, 'telemetry' as source, sum(tokens)::float8 as tokens,
			coalesce(sum(tokens) filter (where slot < $2), 0)::float8 as settled, max(last_at) as last_at
		from observatory.telemetry_usage, start where slot >= start.at group by session
		union all
		select r.session, 'transcripts', sum(m.all)::float8, coalesce(sum(m.all) filter (where m.at < $3), 0)::float8, max(m.at)
		from (select run, at, input_tokens + output_tokens + cache_read_tokens + cache_creation_tokens as all
			from observatory.transcript_messages) m
		join observatory.transcript_runs r on r.run = m.run, start
		where m.at >= start.at and m.all > 0 group by r.session`,
		[new Date(now - windowMs), new Date(now - SLOT_MS - SETTLED_TELEMETRY_MS), new Date(now - SETTLED_TRANSCRIPT_MS)],
	)
	const sessions = new Map<string, { telemetry?: Side; transcripts?: Side }>()
	for (const { session, source, tokens, settled, last_at } of rows) {
		const sides = sessions.get(session) ?? {}
		sides[source] = { tokens, settledTokens: settled, lastAt: last_at.getTime() }
		sessions.set(session, sides)
	}
	return [...sessions].map(([session, { telemetry, transcripts }]) => ({ session, telemetry, transcripts }))
}

/** Deletes telemetry of slots before `before`. */
export const pruneUsage = (client: pg.ClientBase, before: number): Promise<unknown> =>
	client.query("delete from observatory.telemetry_usage where slot < $1", [new Date(before)])
