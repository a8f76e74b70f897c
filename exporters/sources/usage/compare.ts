const MINUTE_MS = 60_000

/** A session by its telemetry and by its transcripts. Times are milliseconds since the epoch. */
export interface SessionUsage {
	readonly session: string
	readonly telemetry: Side | undefined
	readonly transcripts: Side | undefined
}

/** What one source says. `settledTokens` are those that the other source must have by now as well. */
export interface Side {
	readonly tokens: number
	readonly settledTokens: number
	readonly lastAt: number
}

export type UsageSource = "telemetry" | "transcripts"

/** Telemetry is sent every minute by default; an answer that it lacks after this time is missing. */
const TELEMETRY_LATE_MS = 3 * MINUTE_MS
/** A transcript is written before the telemetry of the same answer arrives. */
const TRANSCRIPTS_LATE_MS = 5 * MINUTE_MS
/** Clocks of the agents' machine and ours may differ. */
const SKEW_MS = MINUTE_MS
/** After this time a silence is history, and its tokens are only missing. */
const RECENT_MS = 60 * MINUTE_MS

export interface Comparison {
	/** Sessions that are silent in this source and active in the other. */
	readonly silent: Readonly<Record<UsageSource, number>>
	/** Tokens that this source lacks and the other has. */
	readonly missing: Readonly<Record<UsageSource, number>>
	/** Tokens by source, of the sessions that are compared. */
	readonly tokens: Readonly<Record<UsageSource, number>>
}

/**
 * Compares what telemetry and transcripts say of the same sessions. A session that only telemetry knows is not compared: its
 * transcript may be on another machine. One that only transcripts know is, once any session was in both: then telemetry is
 * set up where transcripts are read.
 */
export function compareUsage(sessions: readonly SessionUsage[], now: number): Comparison {
	const paired = sessions.some(({ telemetry, transcripts }) => telemetry && transcripts)
	const compared = paired ? sessions.filter(({ transcripts }) => transcripts !== undefined) : []
	const sum = (of: (session: SessionUsage) => number) => compared.reduce((total, session) => total + of(session), 0)
	return {
		silent: {
			telemetry: sum((session) => (telemetryIsSilent(session, now) ? 1 : 0)),
			transcripts: sum((session) => (transcriptsAreSilent(session, now) ? 1 : 0)),
		},
		missing: {
			telemetry: sum(({ telemetry, transcripts }) => lacking(telemetry, transcripts)),
			transcripts: sum(({ telemetry, transcripts }) => lacking(transcripts, telemetry)),
		},
		tokens: {
			telemetry: sum(({ telemetry }) => telemetry?.tokens ?? 0),
			transcripts: sum(({ transcripts }) => transcripts?.tokens ?? 0),
		},
	}
}

const lacking = (side: Side | undefined, other: Side | undefined): number =>
	Math.max(0, (other?.settledTokens ?? 0) - (side?.tokens ?? 0))

function telemetryIsSilent({ telemetry, transcripts }: SessionUsage, now: number): boolean {
	if (transcripts === undefined) return false
	const age = now - transcripts.lastAt
	if (age < TELEMETRY_LATE_MS || age > RECENT_MS) return isBehind(telemetry, transcripts, now)
	return (telemetry?.lastAt ?? Number.NEGATIVE_INFINITY) < transcripts.lastAt - SKEW_MS
}

/** A session that never pauses: its latest answer is always new, and telemetry has fallen behind all the same. */
const isBehind = (telemetry: Side | undefined, transcripts: Side, now: number): boolean =>
	now - transcripts.lastAt <= RECENT_MS &&
	transcripts.settledTokens > (telemetry?.tokens ?? 0) &&
	now - (telemetry?.lastAt ?? Number.NEGATIVE_INFINITY) > TELEMETRY_LATE_MS + SKEW_MS

function transcriptsAreSilent({ telemetry, transcripts }: SessionUsage, now: number): boolean {
	if (telemetry === undefined || transcripts === undefined) return false
	return now - telemetry.lastAt <= RECENT_MS && transcripts.lastAt < telemetry.lastAt - TRANSCRIPTS_LATE_MS
}
