import type pg from "pg"
import { FORBIDDEN } from "./forbidden.ts"
import { LEVELS_PAGED } from "./outside.ts"
import { remedyOf } from "./remedies.ts"
import type { Acknowledged } from "./sender.ts"
import { fingerprintOf, isCritical, openStart } from "./stories.ts"

/** Faults of what is in the database now, while everything continues: doubles, and what was acknowledged and is not there. */
export async function faults(pool: pg.Pool, acknowledged: Acknowledged): Promise<string[]> {
	// What is acknowledged after this line may or may not be in the answer.
	const alerts = [...acknowledged.alerts.values()]
	const messages = [...acknowledged.messages]
	const found: string[] = [...acknowledged.refused]
	const { rows } = await pool.query<{ fingerprint: string; starts_at: Date; status: string }>(
		"select fingerprint, starts_at, status from observatory.incidents",
	)
	const kept = new Map(rows.map((row) => [`${row.fingerprint} ${row.starts_at.toISOString()}`, row.status]))
	for (const { fingerprint, startsAt, status } of alerts) {
		const is = kept.get(`${fingerprint} ${startsAt}`)
		if (is === undefined) found.push(`acknowledged and lost: ${fingerprint} ${startsAt}`)
		else if (status === "resolved" && is !== "resolved") found.push(`resolved and yet open: ${fingerprint} ${startsAt}`)
	}
	const inbox = await pool.query<{ key: string }>("select body->>'groupKey' as key from observatory.inbox")
	const there = new Set(inbox.rows.map(({ key }) => key))
	for (const message of messages) if (!there.has(message)) found.push(`acknowledged and lost: message of ${message}`)
	for (const [what, query] of Object.entries(FORBIDDEN)) {
		const { rows } = await pool.query(query)
		if (rows.length > 0) found.push(`${what}: ${rows.length}, such as ${JSON.stringify(rows[0])}`)
	}
	return found
}

interface Open {
	readonly fingerprint: string
	readonly starts_at: Date
	/** It is acknowledged without an expiry, or closed. */
	readonly isAcknowledged: boolean
	/** The highest level with an open page, and how many remediations have come to their end. */
	readonly level: number
	readonly ended: number
}

/** How incidents differ from what they must come to once everything was delivered; empty when in nothing. */
export async function unfinishedStories(pool: pg.Pool, stories: number): Promise<string[]> {
	const { rows } = await pool.query<Open>(`
		select fingerprint, starts_at, acknowledged_at is not null as "isAcknowledged",
			(select coalesce(max(split_part(key, ' ', 4)::int), 0) from observatory.pages n
				where n.incident_id = i.id and kind = 'escalation' and ended_at is null) as level,
			(select count(*)::int from observatory.remediations r
				where r.incident_id = i.id and ended_at is not null) as ended
		from observatory.incidents i where status = 'firing'`)
	const open = new Map(rows.map((row) => [`${row.fingerprint} ${row.starts_at.toISOString()}`, row]))
	const found: string[] = []
	let expected = 0
	for (let story = 0; story < stories; story++) {
		const startsAt = openStart(story)
		if (startsAt === undefined) continue
		expected++
		const row = open.get(`${fingerprintOf(story)} ${startsAt}`)
		if (!row) found.push(`not open: story ${story}`)
		else if (row.level !== (isCritical(story) && !row.isAcknowledged ? LEVELS_PAGED : 0))
			found.push(`paged up to level ${row.level}: story ${story}`)
		else if (row.ended !== (remedyOf(story) ? 1 : 0)) found.push(`remediated ${row.ended} times: story ${story}`)
	}
	if (rows.length !== expected) found.push(`${rows.length} incidents are open instead of ${expected}`)
	const { rows: lent } = await pool.query<{ id: string }>(`
		select id from observatory.incidents
		where status = 'firing' and labels->>'escalation' = 'lent' and acknowledged_at is not null and verdict is null`)
	return [...found, ...lent.map(({ id }) => `acknowledged for a short time and not expired: incident ${id}`)]
}
