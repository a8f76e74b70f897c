import type pg from "pg"
import type { Pull } from "./outside.ts"
import { type Alerting, isCall, pageOf } from "./pages.ts"
import type { Scene } from "./scene.ts"

/** Pages that were on their way at an acknowledgement still arrive; nothing is so slow here. */
const ON_ITS_WAY_MS = 15_000

/** Actions that were done twice, or of which nothing is known, or that were not done though it says so. */
export async function wrongPulls(pool: pg.Pool, pulls: readonly Pull[]): Promise<string[]> {
	const { rows } = await pool.query<{ id: string; target: string; started_at: Date; did: boolean }>(`
		select id, target, started_at, result ? 'did' as did from observatory.remediations
		where started_at is not null order by started_at desc`)
	const found: string[] = []
	const times = new Map<string, number>()
	for (const { target, at } of pulls) {
		// One at a time: the last one that was started on the target.
		const row = rows.find((one) => one.target === target && one.started_at.getTime() <= at)
		if (!row) found.push(`something was done to ${target} that nothing is known of`)
		else times.set(row.id, (times.get(row.id) ?? 0) + 1)
	}
	for (const { id, target, did } of rows) {
		const done = times.get(id) ?? 0
		if (done > 1) found.push(`remediation ${id} of ${target} was done ${done} times`)
		if (did && done === 0) found.push(`remediation ${id} of ${target} was never done`)
	}
	return found
}

interface Page {
	readonly incident: string | null
	readonly alertname: string
	readonly ended: boolean
	/** How often it may have been sent: once, and again whenever its incident's response resumed. */
	readonly sendings: number
}

/** Pages that were missed, came too often or out of nothing, and those whose end was not sent. */
export async function wrongPages(pool: pg.Pool, { heard, disorder }: Alerting): Promise<string[]> {
	const { rows } = await pool.query<Page>(`
		select labels->>'incident' as incident, labels->>'alertname' as alertname, ended_at is not null as ended,
			case kind when 'escalation' then 1 else 1 + (
				select count(*)::int from observatory.incident_timeline t
				where t.incident_id = n.incident_id and t.kind in ('resumed', 'acknowledgement_expired')) end as sendings
		from observatory.pages n where kind <> 'call_approval'`)
	const found = [...disorder].filter((page) => !isCall(page)).map((page) => `sent as firing after its end: ${page}`)
	for (const row of rows) {
		const page = pageOf(row)
		const { firing = [], over = [] } = heard.get(page) ?? {}
		const firedAt = Math.max(0, ...firing)
		const isResolved = Math.max(0, ...over) > firedAt
		if (firing.length > row.sendings) found.push(`paged ${firing.length} times: ${page}`)
		if (firing.length === 0 && !row.ended) found.push(`never paged: ${page}`)
		if (firing.length > 0 && row.ended !== isResolved)
			found.push(`${row.ended ? "never sent as resolved" : "sent as resolved though it is open"}: ${page}`)
	}
	const known = new Set(rows.map(pageOf))
	for (const page of heard.keys()) if (!known.has(page) && !isCall(page)) found.push(`paged out of nothing: ${page}`)
	return found
}

type Promised = Pick<Scene, "acknowledgedIncidents" | "closed" | "decided">

/** Pages that came after the answer that the incident is acknowledged, or closed. */
export function latePages({ heard }: Alerting, { acknowledgedIncidents, closed }: Promised): string[] {
	return [...heard].flatMap(([page, { incident, firing }]) => {
		const after = (at: number | undefined) => at !== undefined && firing.some((page) => page > at + ON_ITS_WAY_MS)
		// The person who acknowledged it is asked for approvals.
		const asks = page.startsWith("approval_")
		if (after(closed.get(incident))) return [`paged after it was closed: ${page}`]
		return !asks && after(acknowledgedIncidents.get(incident)) ? [`paged after it was acknowledged: ${page}`] : []
	})
}

const LOST = {
	acknowledgedIncidents:
		"select id from observatory.incidents where acknowledged_at is null and id = any($1::bigint[])",
	closed: "select id from observatory.incidents where verdict is null and id = any($1::bigint[])",
	approve: undecided("remediation_approved"),
	refuse: undecided("remediation_refused"),
}

function undecided(kind: string): string {
	return `
		select id from observatory.remediations r where id = any($1::bigint[]) and not exists (
			select from observatory.incident_timeline t where t.incident_id = r.incident_id and t.kind = '${kind}')`
}

/** What was answered as done, and is not. */
export async function lostPromises(
	pool: pg.Pool,
	{ acknowledgedIncidents, closed, decided }: Promised,
): Promise<string[]> {
	const decidedTo = (verb: "approve" | "refuse") => [...decided].flatMap(([id, said]) => (said === verb ? [id] : []))
	const promised = {
		acknowledgedIncidents: [...acknowledgedIncidents.keys()],
		closed: [...closed.keys()],
		approve: decidedTo("approve"),
		refuse: decidedTo("refuse"),
	}
	const found: string[] = []
	for (const what of ["acknowledgedIncidents", "closed", "approve", "refuse"] as const) {
		const { rows } = await pool.query<{ id: string }>(LOST[what], [promised[what]])
		found.push(...rows.map(({ id }) => `answered with 200 and lost: ${what} ${id}`))
	}
	return found
}
