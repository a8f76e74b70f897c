import type pg from "pg"
import type { StoreCounters } from "./counters.ts"
import { insertLogRecords, insertSpans, type WrittenRow, writtenLogs, writtenSpan } from "./insert.ts"
import { createPartitions, partitionStart, type StoredTable } from "./partitions.ts"
import type { Waiting } from "./queue.ts"
import { logRow, type RowOptions, spanRow } from "./rows.ts"

/** A batch that was read; `write` may be called until it succeeds. */
export interface Batch {
	/** Records that are neither stored, dropped nor filtered yet. */
	readonly left: number
	write(): Promise<void>
}

interface Target {
	readonly signal: Waiting["signal"]
	readonly table: StoredTable
	readonly insert: (pool: pg.Pool, rows: readonly WrittenRow[]) => Promise<number>
}

/** SQLSTATE of a row for which there is no partition. */
const NO_PARTITION = "23514"
/** Classes of errors that lie in the values: data exceptions, constraints, limits such as the size of an index entry. */
const REFUSED = /^(22|23|54)/

/** Classes of errors after which a statement may have been done all the same. */
const UNCERTAIN = /^(08|57)/

/** Reads records and writes them, batch by batch. */
export class BatchWriter {
	readonly #pool: pg.Pool
	readonly #counters: StoreCounters
	readonly #options: () => RowOptions
	/** Partitions that exist, by table and start. */
	readonly #known = new Set<string>()

	constructor(pool: pg.Pool, counters: StoreCounters, options: () => RowOptions) {
		this.#pool = pool
		this.#counters = counters
		this.#options = options
	}

	/** Reads the records; what is malformed or filtered is counted, the rest is left to write. */
	prepare(signal: Waiting["signal"], batch: readonly Waiting[]): Batch {
		const options = this.#options()
		const rows = batch.flatMap((one) => this.#read(one, options))
		if (signal === "logs") {
			const logs = writtenLogs(rows.filter((row) => "event" in row))
			return this.#batch({ signal, table: "log_records", insert: insertLogRecords }, logs)
		}
		const spans = rows.filter((row) => "kind" in row).map(writtenSpan)
		return this.#batch({ signal, table: "spans", insert: insertSpans }, spans)
	}

	#read(one: Waiting, options: RowOptions) {
		try {
			const record = one.read()
			if (record === undefined) throw new TypeError("there is no such record")
			const row = record.signal === "traces" ? spanRow(record, options) : logRow(record, options)
			if (typeof row !== "string") return [row]
			this.#counters.filtered(one.signal, 1, row)
		} catch {
			this.#counters.dropped(one.signal, 1, "malformed")
		}
		return []
	}

	#batch(target: Target, rows: readonly WrittenRow[]): Batch {
		const counters = this.#counters
		let left = rows
		/** The connection broke while a statement ran, which may have been done. */
		let doubtful = false
		const done = (inserted: number, count: number) => {
			const duplicates = doubtful ? 0 : count - inserted
			counters.stored(target.signal, count - duplicates)
			counters.filtered(target.signal, duplicates, "duplicate")
			left = left.slice(count)
		}
		const write = async () => {
			for (let most = rows.length; left.length > 0; ) {
				const part = left.slice(0, most)
				try {
					done(await this.#insert(target, part), part.length)
					most = Math.min(2 * most, rows.length)
				} catch (error) {
					const code = codeOf(error)
					doubtful ||= code === undefined || UNCERTAIN.test(code)
					if (code === undefined || !REFUSED.test(code) || code === NO_PARTITION) throw error
					// Halves, until the row is alone that PostgreSQL refuses.
					most = part.length >> 1
					if (part.length > 1) continue
					counters.dropped(target.signal, 1, "refused")
					left = left.slice(1)
					most = 1
				}
			}
		}
		return {
			get left() {
				return left.length
			},
			write,
		}
	}

	async #insert({ table, insert }: Target, rows: readonly WrittenRow[]): Promise<number> {
		await this.#ensurePartitions(table, rows)
		try {
			return await insert(this.#pool, rows)
		} catch (error) {
			if (codeOf(error) !== NO_PARTITION) throw error
			// One was dropped since.
			this.#known.clear()
			await this.#ensurePartitions(table, rows)
			return insert(this.#pool, rows)
		}
	}

	async #ensurePartitions(table: StoredTable, rows: readonly WrittenRow[]): Promise<void> {
		const starts = new Set(rows.map(({ at }) => partitionStart(at * 1_000)))
		const missing = [...starts].filter((start) => !this.#known.has(`${table} ${start}`))
		if (missing.length === 0) return
		await createPartitions(this.#pool, table, missing)
		for (const start of missing) this.#known.add(`${table} ${start}`)
	}
}

function codeOf(error: unknown): string | undefined {
	const { code } = error as { code?: unknown }
	return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : undefined
}
