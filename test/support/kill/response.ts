import type pg from "pg"
import type { Pull } from "./outside.ts"
import { noticeOf, type Told } from "./pages.ts"
import type { Scene } from "./scene.ts"

/** What was on its way when somebody took an incident is still heard; nothing is so slow here. */
const ON_ITS_WAY_MS = 15_000

/** Actions that were done twice, or of which nothing is known, or that were not done though it says so. */
export async function wrongPulls(pool: pg.Pool, pulls: readonly Pull[]): Promise<string[]> {
	const { rows } = await pool.query<{ id: string; target: string; started_at: Date; did: boolean }>(`
		select id, target, started_at, result ? 'did' as did from observatory.remediations
		where started_at is not null order by started_at desc`)
	const found: string[] = []
	const times = new Map<string, number>()
	for (const { target, at } of pulls) {
		// One at a time: whichever was begun last on the target.
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

interface Notice {
	readonly incident: string | null
	readonly alertname: string
	readonly ended: boolean
	/** How often it may have been told: once, and again whenever its incident was given back to people. */
	readonly tellings: number
}

/** Pages that were missed, came too often or out of nothing, and those whose end nobody heard. */
export async function wrongPages(pool: pg.Pool, { heard, disorder }: Told): Promise<string[]> {
	const { rows } = await pool.query<Notice>(`
		select labels->>'incident' as incident, labels->>'alertname' as alertname, ended_at is not null as ended,
			case kind when 'escalation' then 1 else 1 + (
				select count(*)::int from observatory.incident_timeline t
				where t.incident_id = n.incident_id and t.kind in ('resumed', 'acknowledgement_expired')) end as tellings
		from observatory.notices n`)
	const found = [...disorder].map((notice) => `told as standing after its end: ${notice}`)
	for (const row of rows) {
		const notice = noticeOf(row)
		const { firing = [], over = [] } = heard.get(notice) ?? {}
		const told = Math.max(0, ...firing)
		const isOver = Math.max(0, ...over) > told
		if (firing.length > row.tellings) found.push(`paged ${firing.length} times: ${notice}`)
		if (firing.length === 0 && !row.ended) found.push(`never paged: ${notice}`)
		if (firing.length > 0 && row.ended !== isOver)
			found.push(`${row.ended ? "never told as over" : "told as over though it stands"}: ${notice}`)
	}
	const known = new Set(rows.map(noticeOf))
	for (const notice of heard.keys()) if (!known.has(notice)) found.push(`paged out of nothing: ${notice}`)
	return found
}

type Promised = Pick<Scene, "taken" | "closed" | "decided">

/** Pages that came after the answer that somebody has the incident, or has closed it. */
export function latePages({ heard }: Told, { taken, closed }: Promised): string[] {
	return [...heard].flatMap(([notice, { incident, firing }]) => {
		const after = (at: number | undefined) => at !== undefined && firing.some((page) => page > at + ON_ITS_WAY_MS)
		// Whether something may be done is asked of whoever has it.
		const asks = notice.startsWith("approval_")
		if (after(closed.get(incident))) return [`paged after somebody closed it: ${notice}`]
		return !asks && after(taken.get(incident)) ? [`paged after somebody took it: ${notice}`] : []
	})
}

const LOST = {
	taken: "select id from observatory.incidents where acknowledged_at is null and id = any($1::bigint[])",
	closed: "select id from observatory.incidents where verdict is null and id = any($1::bigint[])",
	approve: undecided("remediation_approved"),
	refuse: undecided("remediation_refused"),
}

function undecided(kind: string): string {
	return `
		select id from observatory.remediations r where id = any($1::bigint[]) and not exists (
			select from observatory.incident_timeline t where t.incident_id = r.incident_id and t.kind = '${kind}')`
}

/** What people were told that they have done, and have not. */
export async function lostPromises(pool: pg.Pool, { taken, closed, decided }: Promised): Promise<string[]> {
	const decidedTo = (verb: "approve" | "refuse") => [...decided].flatMap(([id, said]) => (said === verb ? [id] : []))
	const promised = {
		taken: [...taken.keys()],
		closed: [...closed.keys()],
		approve: decidedTo("approve"),
		refuse: decidedTo("refuse"),
	}
	const found: string[] = []
	for (const what of ["taken", "closed", "approve", "refuse"] as const) {
		const { rows } = await pool.query<{ id: string }>(LOST[what], [promised[what]])
		found.push(...rows.map(({ id }) => `answered with 200 and lost: ${what} ${id}`))
	}
	return found
}
