import type pg from "pg"
import type { Pull } from "./outside.ts"
import { noticeOf, type Told } from "./pages.ts"

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
	readonly incident: string
	readonly alertname: string
	readonly ended: boolean
}

/** Pages that were missed, came twice or out of nothing, and those whose end nobody heard. */
export async function wrongPages(pool: pg.Pool, { heard, disorder }: Told): Promise<string[]> {
	const { rows } = await pool.query<Notice>(`
		select labels->>'incident' as incident, labels->>'alertname' as alertname, ended_at is not null as ended
		from observatory.notices`)
	const found = [...disorder].map((notice) => `told as standing after its end: ${notice}`)
	for (const row of rows) {
		const notice = noticeOf(row)
		const { firing = [], over = [] } = heard.get(notice) ?? {}
		if (firing.length > 1) found.push(`paged ${firing.length} times: ${notice}`)
		if (firing.length === 0 && !row.ended) found.push(`never paged: ${notice}`)
		if (firing.length > 0 && row.ended !== over.length > 0)
			found.push(`${row.ended ? "never told as over" : "told as over though it stands"}: ${notice}`)
	}
	const known = new Set(rows.map(noticeOf))
	for (const notice of heard.keys()) if (!known.has(notice)) found.push(`paged out of nothing: ${notice}`)
	return found
}

/** Pages that came after the answer that somebody has the incident. */
export function latePages({ heard }: Told, taken: ReadonlyMap<number, number>): string[] {
	return [...heard].flatMap(([notice, { incident, firing }]) => {
		const at = taken.get(incident)
		// Whether something may be done is asked of whoever has it.
		const asks = notice.startsWith("approval_")
		const late = at !== undefined && !asks && firing.some((page) => page > at + ON_ITS_WAY_MS)
		return late ? [`paged after somebody took it: ${notice}`] : []
	})
}

/** Incidents that somebody was told to have, and has not. */
export async function lostTakings(pool: pg.Pool, taken: ReadonlyMap<number, number>): Promise<string[]> {
	const { rows } = await pool.query<{ id: string }>(
		"select id from observatory.incidents where acknowledged_at is null and id = any($1::bigint[])",
		[[...taken.keys()]],
	)
	return rows.map(({ id }) => `taken and lost: incident ${id}`)
}
