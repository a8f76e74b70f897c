import { sql } from "drizzle-orm"
import type { Transaction } from "../../context.ts"

/** The schema of graphile-worker's tables; not its default, which the monitored system may use itself. */
export const JOBS_SCHEMA = "observatory_jobs"

/** Every kind of job with its payload. */
export interface JobPayloads {
	"remediation.propose": { readonly incidentId: number }
	"remediation.run": { readonly id: number }
	"remediation.verify": { readonly id: number }
	"escalation.step": { readonly incidentId: number }
	"pages.send": Record<string, never>
}
export type JobName = keyof JobPayloads

/**
 * Adds a job in the caller's transaction: it exists exactly when the cause of it does. It replaces a job with the same
 * key that has not started.
 */
export async function enqueue<N extends JobName>(
	tx: Transaction,
	name: N,
	payload: JobPayloads[N],
	{ key, inMs = 0 }: { key: string; inMs?: number },
): Promise<void> {
	await tx.execute(sql`
		select ${sql.raw(JOBS_SCHEMA)}.add_job(
			${name}::text, ${JSON.stringify(payload)}::json,
			run_at := now() + make_interval(secs => ${inMs / 1000}::float8),
			max_attempts := 25, job_key := ${`${name} ${key}`}::text)`)
}

/** Adds many jobs of one kind in one statement, to run as soon as possible. */
export async function enqueueAll<N extends JobName>(
	tx: Transaction,
	name: N,
	jobs: readonly { readonly payload: JobPayloads[N]; readonly key: string }[],
): Promise<void> {
	if (jobs.length === 0) return
	await tx.execute(sql`
		select ${sql.raw(JOBS_SCHEMA)}.add_job(
			${name}::text, job.payload, max_attempts := 25, job_key := ${`${name} `}::text || job.key)
		from json_to_recordset(${JSON.stringify(jobs)}::json) as job(payload json, key text)`)
}
