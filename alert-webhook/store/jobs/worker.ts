import { EventEmitter } from "node:events"
import { setTimeout as sleep } from "node:timers/promises"
import { sql } from "drizzle-orm"
import { type RunnerOptions, run, type TaskList, type WorkerEvents } from "graphile-worker"
import type pg from "pg"
import { z } from "zod"
import { messageOf } from "../../../core/lib/errors.ts"
import { PeriodicTask } from "../../../core/lib/periodic.ts"
import type { Context } from "../../context.ts"
import { JOBS_SCHEMA, type JobName, type JobPayloads } from "./enqueue.ts"
import { workerLogger } from "./log.ts"

export type JobHandlers = { readonly [N in JobName]: (payload: JobPayloads[N]) => Promise<void> }

/** A worker that has not been seen for this long is dead. */
const DEAD_MS = 20_000
const BEAT_MS = 5_000
const CONCURRENCY = 3
const POLL_MS = 1_000
/** Failed requests for a job, one after the other, that restart the worker: those of ten seconds. */
const MOST_FAILURES = 10 * CONCURRENCY
/** Longer than any job takes: a longer shutdown hangs. */
const SHUTDOWN_MS = 75_000
/** How long a worker may take to end after its jobs have ended. */
const EXIT_MS = 5_000

/**
 * graphile-worker does not await its work beside the jobs (recording how one ended, shutting down); a rejection there
 * would end the process when the database is down. In batches, the failure leads to a shutdown instead. If that fails
 * too, the worker's jobs are released as those of a dead worker.
 */
const OUTLIVES = {
	worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 },
	plugins: [
		{
			name: "outlives-the-database",
			version: "1",
			worker: {
				middleware: {
					poolGracefulShutdown: (next) => Promise.resolve(next()).catch(() => undefined),
					poolForcefulShutdown: (next) => Promise.resolve(next()).catch(() => ({ forceFailedJobs: [] })),
				},
			},
		},
	],
} satisfies RunnerOptions["preset"]

/**
 * Runs jobs until it is closed, also while the database restarts. graphile-worker alone releases the jobs of a killed
 * process after four hours; here every worker writes a heartbeat, and the jobs of a silent one are released at once.
 */
export class JobWorker {
	readonly #ctx: Pick<Context, "db" | "log">
	readonly #pool: pg.Pool
	readonly #tasks: TaskList
	readonly #stopping = new AbortController()
	/** The id that locks our jobs; undefined while no worker runs. */
	#holder: string | undefined
	#heartbeat: PeriodicTask | undefined
	#done: Promise<void> = Promise.resolve()

	constructor(ctx: Pick<Context, "db" | "log">, pool: pg.Pool, handlers: JobHandlers) {
		this.#ctx = ctx
		this.#pool = pool
		this.#tasks = Object.fromEntries(
			Object.entries(handlers).map(([name, handle]) => [
				name,
				async (payload: unknown) =>
					(handle as (payload: unknown) => Promise<void>)(z.record(z.string(), z.unknown()).parse(payload)),
			]),
		)
	}

	start(): void {
		this.#heartbeat = new PeriodicTask("job worker's heartbeat", BEAT_MS, this.#ctx.log, () =>
			beat(this.#ctx, this.#holder),
		)
		this.#done = this.#keepRunning()
	}

	async close(): Promise<void> {
		this.#stopping.abort()
		await Promise.all([this.#done, this.#heartbeat?.close()])
	}

	/** No periodic task: a round lasts until the worker ends. */
	async #keepRunning(): Promise<void> {
		const { signal } = this.#stopping
		while (!signal.aborted) {
			try {
				await this.#work(signal)
			} catch (error) {
				if (!signal.aborted) this.#ctx.log.warn({ error: messageOf(error) }, "job worker stopped; restarting")
			}
			this.#holder = undefined
			await sleep(2_000, undefined, { signal }).catch(() => undefined)
		}
	}

	async #work(signal: AbortSignal): Promise<void> {
		const events: WorkerEvents = new EventEmitter()
		events.on("pool:create", ({ workerPool }) => {
			this.#holder = workerPool.id
			this.#heartbeat?.wake()
		})
		const runner = await run({
			pgPool: this.#pool,
			schema: JOBS_SCHEMA,
			taskList: this.#tasks,
			concurrency: CONCURRENCY,
			pollInterval: POLL_MS,
			noHandleSignals: true,
			logger: workerLogger(this.#ctx.log),
			events,
			preset: OUTLIVES,
		})
		// It rejects only when it has stopped already.
		const stop = () => void runner.stop().catch(() => undefined)
		if (signal.aborted) stop()
		else signal.addEventListener("abort", stop, { once: true })
		onRepeatedFailures(events, () => {
			this.#ctx.log.warn("cannot fetch jobs; restarting the worker")
			stop()
		})
		await Promise.race([runner.promise, shutdownHangs(events)]).finally(() => signal.removeEventListener("abort", stop))
	}
}

/**
 * graphile-worker reads the ids of its job types once, and caches the result even if that was an error: from then on
 * every request fails, without a message.
 */
function onRepeatedFailures(events: WorkerEvents, act: () => void): void {
	let failures = 0
	const reset = () => {
		failures = 0
	}
	events.on("worker:getJob:empty", reset)
	events.on("job:start", reset)
	events.on("worker:getJob:error", () => {
		if (++failures === MOST_FAILURES) act()
	})
}

/**
 * Rejects when a shutdown hangs, which a lost connection can cause: graphile-worker miscounts the rows that it could
 * not write, and waits for them without end. Its jobs are released as a dead worker's.
 */
function shutdownHangs(events: WorkerEvents): Promise<never> {
	return new Promise((_, reject) => {
		const endsWithin = (ms: number) => () =>
			void setTimeout(() => reject(new Error("the worker does not shut down")), ms).unref()
		events.once("pool:gracefulShutdown", endsWithin(SHUTDOWN_MS))
		events.once("pool:gracefulShutdown:complete", endsWithin(EXIT_MS))
		events.once("pool:gracefulShutdown:error", endsWithin(EXIT_MS))
	})
}

/** Writes the heartbeat of this worker and releases the jobs of dead ones. By the database's clock. */
async function beat({ db, log }: Pick<Context, "db" | "log">, holder: string | undefined): Promise<void> {
	if (holder !== undefined)
		await db.execute(sql`
			insert into observatory.job_workers (id, seen_at) values (${holder}, now())
			on conflict (id) do update set seen_at = now()`)
	const dead = sql`now() - make_interval(secs => ${DEAD_MS / 1000})`
	const { rows } = await db.execute<{ locked_by: string }>(sql`
		select distinct locked_by from ${sql.raw(JOBS_SCHEMA)}.jobs
		where locked_by is not null and locked_at < ${dead}
			and not exists (select from observatory.job_workers where id = locked_by and seen_at > ${dead})`)
	if (rows.length > 0) {
		const ids = rows.map((row) => row.locked_by)
		log.warn({ workers: ids }, "released jobs of dead workers")
		await db.execute(sql`
			select ${sql.raw(JOBS_SCHEMA)}.force_unlock_workers(
				array(select jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb)))`)
	}
	await db.execute(sql`delete from observatory.job_workers where seen_at < now() - interval '1 hour'`)
}
