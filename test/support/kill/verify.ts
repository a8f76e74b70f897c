import type pg from "pg"
import type { Acknowledged } from "./sender.ts"
import { fingerprintOf, isCritical, isRemediable, openStart } from "./stories.ts"

/** What must never be there, whatever is killed when: each row of a query is a fault. */
const NEVER: Readonly<Record<string, string>> = {
	"an incident twice": `
		select fingerprint, starts_at from observatory.incidents group by 1, 2 having count(*) > 1`,
	"a timeline that does not say once that it fired, was received and, if it is over, was resolved": `
		select i.id, i.status from observatory.incidents i left join observatory.incident_timeline t on t.incident_id = i.id
		group by i.id
		having count(*) filter (where kind = 'fired') <> 1 or count(*) filter (where kind = 'received') <> 1
			or count(*) filter (where kind = 'resolved') <> (i.status = 'resolved')::int`,
	"a level told twice": `
		select incident_id from observatory.incident_timeline where kind = 'escalated'
		group by incident_id, details->>'level' having count(*) > 1`,
	"a notice without its step, or the other way round": `
		select i.id from observatory.incidents i
		where (select count(*) from observatory.notices n where n.incident_id = i.id and n.kind = 'escalation')
			<> (select count(*) from observatory.incident_timeline t where t.incident_id = i.id and t.kind = 'escalated')`,
	"an escalation that goes on though its incident is over": `
		select i.id from observatory.incidents i join observatory.escalations e on e.incident_id = i.id
		where i.status = 'resolved' and e.ended_at is null`,
	"a remediation decided twice": `
		select incident_id from observatory.remediations group by 1 having count(*) > 1`,
	"a message twice": `
		select body->>'groupKey' from observatory.inbox group by 1 having count(*) > 1`,
}

/** Faults of what is in the database now, while everything goes on: doubles, and what was acknowledged and is not there. */
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
	for (const [what, query] of Object.entries(NEVER)) {
		const { rows } = await pool.query(query)
		if (rows.length > 0) found.push(`${what}: ${rows.length}, such as ${JSON.stringify(rows[0])}`)
	}
	return found
}

/** How the database differs from what it must come to once everything was delivered; empty when in nothing. */
export async function unfinished(pool: pg.Pool, stories: number): Promise<string[]> {
	const { rows } = await pool.query<{ fingerprint: string; starts_at: Date; told: number; decided: number }>(`
		select fingerprint, starts_at,
			(select count(*)::int from observatory.incident_timeline t where t.incident_id = i.id and kind = 'escalated') as told,
			(select count(*)::int from observatory.remediations r where r.incident_id = i.id) as decided
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
		else if (row.told !== (isCritical(story) ? 1 : 0)) found.push(`told ${row.told} times: story ${story}`)
		else if (row.decided !== (isRemediable(story) ? 1 : 0)) found.push(`decided ${row.decided} times: story ${story}`)
	}
	if (rows.length !== expected) found.push(`${rows.length} incidents are open instead of ${expected}`)
	return found
}
