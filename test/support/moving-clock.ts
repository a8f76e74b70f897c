import pg from "pg"
import { JOBS_SCHEMA } from "../../alert-webhook/store/jobs/enqueue.ts"
import type { Clock } from "../../core/lib/clock.ts"
import { eventually } from "./process.ts"

const JOBS = `${JOBS_SCHEMA}._private_jobs`
const UNFINISHED = `select key, run_at, locked_by from ${JOBS}
	where attempts < max_attempts and (locked_at is not null or run_at <= now())`

/** Time that rows and jobs of a webhook share: it passes as usual, and moves ahead when a test says so. */
export interface MovingClock extends Clock {
	/** How far it is ahead of the real time, in milliseconds. */
	readonly aheadMs: number
	/**
	 * Lets so many milliseconds pass at once, for every replica on the database. Resolves when each job that is due by
	 * then has run. Jobs that fail and are retried are brought nearer as well.
	 */
	advance(ms: number): Promise<void>
	/** Lets time pass while the database is away. Jobs follow with the next `advance`, which may be by 0. */
	advanceWithoutDatabase(ms: number): void
	/** Resolves when no job is due or running. */
	idle(): Promise<void>
}

/** A clock for webhooks on one database. */
export function movingClock(databaseUrl: string): MovingClock {
	let aheadMs = 0
	/** How far jobs have to be brought nearer yet. */
	let owedMs = 0
	const unfinished = async (client: pg.Client) => (await client.query(UNFINISHED)).rows
	const idle = () =>
		connected(databaseUrl, async (client) => {
			await eventually(
				() => unfinished(client),
				(jobs) => jobs.length === 0,
			)
		})
	/** Whether it was possible: a job that is due or running has read the clock, or is about to. */
	const move = async (client: pg.Client, ms: number): Promise<boolean> => {
		await client.query("begin")
		try {
			// After the transactions that add, fetch or finish a job, and before any other of them.
			await client.query(`lock table ${JOBS} in exclusive mode`)
			if ((await unfinished(client)).length > 0) return false
			await client.query(`update ${JOBS} set run_at = run_at - make_interval(secs => $1)`, [(owedMs + ms) / 1000])
			aheadMs += ms
			owedMs = 0
			return true
		} finally {
			await client.query("commit")
		}
	}
	return {
		now: () => Date.now() + aheadMs,
		get aheadMs() {
			return aheadMs
		},
		idle,
		async advance(ms) {
			await connected(databaseUrl, (client) => eventually(() => move(client, ms)))
			await idle()
		},
		advanceWithoutDatabase(ms) {
			aheadMs += ms
			owedMs += ms
		},
	}
}

/** Does something on a connection of its own, which no outage between two calls can break. */
async function connected<T>(databaseUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
	const client = new pg.Client(databaseUrl)
	await client.connect()
	try {
		return await work(client)
	} finally {
		await client.end()
	}
}
