import { setTimeout as sleep } from "node:timers/promises"
import type pg from "pg"
import { databaseError } from "../../../../core/db/client.ts"
import type { Clock } from "../../../../core/lib/clock.ts"
import { problemOf } from "../../../../core/lib/errors.ts"
import type { Closeable } from "../../../../core/lib/lifecycle.ts"
import type { Logger } from "../../../../core/lib/log.ts"
import { PeriodicTask } from "../../../../core/lib/periodic.ts"
import type { MetricRegistry } from "../../../../core/metrics/registry.ts"
import type { Parcel } from "../decode/units.ts"
import { createStoreCounters, type StoreCounters } from "./counters.ts"
import { LoopCredit } from "./loop-credit.ts"
import { dropPartition, expired, type Partition, type Retention, readPartitions, STORED_TABLES } from "./partitions.ts"
import { type QueueLimits, StoreQueue, type Waiting } from "./queue.ts"
import type { RowOptions } from "./rows.ts"
import { BatchWriter } from "./write-batch.ts"

const MIB = 1024 * 1024
const DEFAULTS: QueueLimits = { records: 50_000, bytes: 64 * MIB }
/** Records of a statement. */
const BATCH = 1_000
/** Statements at once: while PostgreSQL works on one, the next is made. */
const WRITERS = 2
/** How long a few records wait for more. */
const LINGER_MS = 200
const RETRY_MS = { first: 500, most: 10_000 }
const RETENTION_CHECK_MS = 60_000
/** For what waits when the process ends. */
const CLOSING_MS = 3_000
/** Senders' clocks may be ahead. */
const FUTURE_MS = 3_600_000

export interface TelemetryStoreOptions {
	/** To the observatory database. */
	readonly pool: pg.Pool
	readonly telemetry: MetricRegistry
	readonly log: Logger
	readonly clock: Clock
	readonly retention: Retention
	/** Whether prompts, answers, tool arguments and results are stored. */
	readonly content: boolean
	readonly limits?: Partial<QueueLimits>
}

/** Stores spans and log records in PostgreSQL. */
export interface TelemetryStore extends Closeable {
	/** A function that offers a unit of the parcel to the store. It neither waits nor throws. */
	accept(signal: Waiting["signal"], parcel: Parcel<unknown>, bytes: number): (unit: number) => void
	/** Resolves when everything offered so far is stored, dropped or filtered. */
	drained(): Promise<void>
	/** Drops the partitions that are too old or too many; it happens once a minute as well. */
	expire(): Promise<void>
}

/** Starts the store: writers behind a bounded queue, and the expiry of partitions. */
export function createTelemetryStore(options: TelemetryStoreOptions): TelemetryStore {
	const { pool, log, clock, retention } = options
	const counters = createStoreCounters(options.telemetry, retention.bytes)
	const queue = new StoreQueue({ ...DEFAULTS, ...options.limits })
	const stopping = new AbortController()
	const limit = { reached: false }
	const rowOptions = (): RowOptions => ({
		content: options.content,
		oldest: (clock.now() - retention.days * 86_400_000) / 1_000,
		newest: (clock.now() + FUTURE_MS) / 1_000,
		now: clock.now() / 1_000,
	})
	const writers = new Writers(
		{ queue, counters, log, signal: stopping.signal },
		new BatchWriter(pool, counters, rowOptions),
	)

	const expire = async () => {
		const partitions = await readPartitions(pool)
		const drops = expired(partitions, retention, clock.now())
		for (const { partition, reason } of drops) {
			if (!(await dropPartition(pool, partition))) continue
			counters.expired(partition.table, reason)
			log.info({ partition: partition.name, bytes: partition.bytes, reason }, "a partition of telemetry was dropped")
		}
		const left = partitions.filter((partition) => !drops.some((drop) => drop.partition === partition))
		for (const table of STORED_TABLES) {
			const own = left.filter((one) => one.table === table)
			const oldest = own.length > 0 ? Math.min(...own.map(({ from }) => from)) : undefined
			counters.kept(table, bytesOf(own), oldest)
		}
		limit.reached = bytesOf(left) > retention.bytes
	}
	const expiry = new PeriodicTask("expiry of telemetry", RETENTION_CHECK_MS, log, expire)

	return {
		accept(signal, parcel, bytes) {
			const offer = queue.accept(signal, parcel, bytes)
			return (unit) => {
				counters.received(signal)
				writers.arrived()
				if (stopping.signal.aborted) counters.dropped(signal, 1, "shutdown")
				else if (limit.reached) counters.dropped(signal, 1, "over_limit")
				else if (offer(unit)) writers.wake()
				else counters.dropped(signal, 1, "buffer_full")
			}
		},
		drained: () => writers.drained(),
		expire,
		async close() {
			await Promise.all([expiry.close(), Promise.race([writers.drained(), sleep(CLOSING_MS)])])
			stopping.abort()
			await writers.stopped()
		},
	}
}

const bytesOf = (partitions: readonly Partition[]): number => partitions.reduce((sum, { bytes }) => sum + bytes, 0)

interface WriterParts {
	readonly queue: StoreQueue
	readonly counters: StoreCounters
	readonly log: Logger
	readonly signal: AbortSignal
}

/** Loops that write what waits. They sleep while nothing does. */
class Writers {
	readonly #parts: WriterParts
	readonly #batches: BatchWriter
	readonly #credit = new LoopCredit()
	#running = 0
	#failing = false
	#loops: Promise<void>[] = []
	#waiting: (() => void)[] = []

	constructor(parts: WriterParts, batches: BatchWriter) {
		this.#parts = parts
		this.#batches = batches
	}

	/** The intake works, also where its records are dropped. */
	arrived(): void {
		this.#credit.arrived()
	}

	/** Called for each record, so it is cheap while the writers run. */
	wake(): void {
		// A second writer is worth its statement only when a batch is there for it.
		if (this.#running === 0 || (this.#running < WRITERS && this.#parts.queue.length >= BATCH)) {
			this.#running++
			this.#loops.push(this.#run())
		}
	}

	drained(): Promise<void> {
		if (this.#running === 0) return Promise.resolve()
		return new Promise((resolve) => this.#waiting.push(resolve))
	}

	async stopped(): Promise<void> {
		await Promise.all(this.#loops)
	}

	async #run(): Promise<void> {
		const { queue, signal } = this.#parts
		do {
			if (queue.length < BATCH) await pause(LINGER_MS, signal)
			await this.#credit.turn(signal)
			await this.#write(queue.take(BATCH))
			this.#parts.counters.utilization(queue.utilization())
		} while (queue.length > 0)
		this.#running--
		if (this.#running > 0) return
		this.#loops = []
		for (const resolve of this.#waiting.splice(0)) resolve()
	}

	/** Writes a batch, again and again until PostgreSQL answers or the process ends. */
	async #write(batch: readonly Waiting[]): Promise<void> {
		const { queue, counters, log, signal } = this.#parts
		const [first] = batch
		if (first === undefined) return
		const work = this.#credit.spend(() => this.#batches.prepare(first.signal, batch))
		for (let wait = RETRY_MS.first; ; wait = Math.min(2 * wait, RETRY_MS.most)) {
			if (signal.aborted) {
				counters.dropped(first.signal, work.left, "shutdown")
				break
			}
			counters.utilization(queue.utilization())
			try {
				await work.write()
				if (this.#failing) log.info("telemetry is stored again")
				this.#failing = false
				break
			} catch (error) {
				const known = databaseError(error, "Storing telemetry")
				if (!this.#failing) log.warn(problemOf(known), "telemetry cannot be stored; retrying")
				this.#failing = true
				await pause(wait, signal)
			}
		}
		for (const one of batch) one.release()
	}
}

/** Ends early when `signal` is aborted, which is the only reason that sleeping rejects. */
const pause = (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }).catch(() => undefined)
