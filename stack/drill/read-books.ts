import { z } from "zod"
import type { Books } from "./assess/balance.ts"
import type { World } from "./scenario.ts"

const UNFINISHED = `select action || ' on ' || target || ': ' || state as text from observatory.remediations
	where state in ('approved', 'running', 'verifying')`
const LEFT_PAGES = `select key as text from observatory.pages join observatory.incidents on incidents.id = incident_id
	where ended_at is null and incidents.status = 'resolved'`
const LEFT_JOBS = `select task.identifier || case when attempts >= max_attempts then ' failed for the last time'
		when locked_at < now() - interval '5 minutes' then ' is locked for minutes' else ' is overdue' end as text
	from observatory_jobs._private_jobs job join observatory_jobs._private_tasks task on task.id = job.task_id
	where attempts >= max_attempts or locked_at < now() - interval '5 minutes'
		or (locked_at is null and run_at < now() - interval '2 minutes')`
const LEFT_ESCALATIONS = `select incident_id::int as id from observatory.escalations e
	join observatory.incidents i on i.id = e.incident_id where e.ended_at is null and i.status = 'resolved'`

const alerts = z.array(
	z.object({
		fingerprint: z.string(),
		labels: z.record(z.string(), z.string()),
		status: z.object({ state: z.string() }),
	}),
)
const audit = z.object({ whole: z.boolean() })

/** Counts what may be lost, doubled or stuck, by the API and in the observatory's database. */
export async function readBooks(world: World, lasting: ReadonlySet<string>): Promise<Books> {
	const texts = async (statement: string) => (await world.own(statement)).map(({ text }) => String(text))
	const all = alerts.parse(await world.alertmanager("/api/v2/alerts?active=true&silenced=false&inhibited=false"))
	const ours = all.filter(({ labels }) => labels.heartbeat === undefined && labels.observatory_page === undefined)
	const { whole } = audit.parse(await world.webhook.get("/api/audit/verify"))
	return {
		incidents: await world.webhook.incidentsAfter(0),
		active: ours.map(({ fingerprint, labels }) => ({ fingerprint, alertname: labels.alertname ?? "" })),
		lasting,
		remediations: await texts(UNFINISHED),
		pages: await texts(LEFT_PAGES),
		jobs: await texts(LEFT_JOBS),
		escalations: (await world.own(LEFT_ESCALATIONS)).map(({ id }) => Number(id)),
		auditIntact: whole,
	}
}
