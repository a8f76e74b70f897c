import { isDeepStrictEqual } from "node:util"
import {
	contractRestarts,
	contractValuesRefused,
	type RefusalReason,
} from "../../../core/catalogue/subjects/observatory.ts"
import { inTransaction, onSnapshot } from "../../../core/db/session.ts"
import type { Logger } from "../../../core/lib/log.ts"
import { folderThatKnows, Tally, type Total } from "../../../core/metrics/durable.ts"
import type { OnRefuse as OnValueRefused } from "../../../core/metrics/family.ts"
import type { OnEvict, OnFold } from "../../../core/metrics/labels.ts"
import { advance, expire, fill, GRACE_MS, gapReads, type Moment, type Position, START } from "../../kit/position.ts"
import { refusalsOf } from "../../kit/refusals.ts"
import { remember, restartAfter, restartOf } from "../../kit/restart.ts"
import type { Row, RowState, Stream } from "../../kit/stream.ts"
import { ContractReader, type Provider } from "./contract-reader.ts"
import { Ledger, type Positions, type Tracking } from "./ledger.ts"
import { type Databases, type Snapshot, withSnapshots } from "./snapshots.ts"

/** A label value that was not counted for this long makes room for another one when there are too many. */
const PLACE_MS = 24 * 3_600_000

export interface ReaderOptions {
	readonly log: Logger
	/** Most new rows that one transaction counts. */
	readonly batch?: number
	/** Most tracked rows that one poll reads again; the next polls read the others. */
	readonly rereads?: number
	/** How long after a number was assigned its transaction may still be without an id. */
	readonly graceMs?: number
	/** Whether to count the tracked rows by status, which reads all of them; yes when not given. */
	readonly statuses?: boolean
	/** Called for each label value that is counted under `other`. */
	readonly onFold?: OnFold
	/** Called for each number of a row that no series takes. */
	readonly onValueRefused?: OnValueRefused
}

/** A provider whose numbers began again: rows above `after` are new, although numbers up to `high` were read. */
interface Restarted {
	readonly provider: string
	readonly after: number
	readonly high: number
}

/** What a reader knows after a poll. */
export interface Reading {
	readonly totals: readonly Total[]
	readonly statuses: ReadonlyMap<string, number>
	/** False while history remains to be read: the totals are not yet true. */
	readonly complete: boolean
}

const NO_STATUSES: ReadonlyMap<string, number> = new Map()

/**
 * Turns the rows of one view into totals, each row's contribution exactly once, however often it runs and in however
 * many processes. Every batch is one transaction of the observatory database: it locks the view's position, reads the
 * contract on a snapshot, and stores the totals together with the new position. Per provider, a batch reads
 *
 * 1. gaps: numbers below the position that were skipped, because their transactions had not committed yet. A gap is
 *    given up once every transaction that could fill it has ended (the fence of `position.ts`);
 * 2. tracked rows: those that may still change. What each has contributed is remembered in `tracked_rows`, so that
 *    only the difference counts. They are read again in rotation, once a poll;
 * 3. new rows above the position, at most `batch` of them.
 *
 * Should another process hold the lock, its totals are taken as they are. Until history is read to its end, a reading
 * is not complete.
 */
export class Reader<R extends Row, S extends RowState> {
	readonly #databases: Databases
	readonly #stream: Stream<R, S>
	readonly #options: Required<ReaderOptions>
	readonly #refuse: (row: Row) => readonly RefusalReason[]

	constructor(databases: Databases, stream: Stream<R, S>, options: ReaderOptions) {
		this.#databases = databases
		this.#stream = stream
		this.#refuse = refusalsOf(stream.view, stream.columns)
		this.#options = {
			batch: 10_000,
			rereads: 2_000,
			graceMs: GRACE_MS,
			statuses: true,
			onFold: () => undefined,
			onValueRefused: () => undefined,
			...options,
		}
	}

	/** The totals as they were stored last, undefined while they are not complete. */
	async kept(signal: AbortSignal): Promise<readonly Total[] | undefined> {
		const what = `Reading ${this.#stream.view} (totals)`
		return onSnapshot(this.#databases.own, { what, signal }, async (own) => {
			const ledger = new Ledger(own, this.#stream.view)
			const positions = await ledger.positions()
			return positions !== undefined && isComplete(positions) ? ledger.totals() : undefined
		})
	}

	/** Reads what is new and what may have changed, batch by batch, until all is read or `until` (ms of `clock`) has passed. */
	async poll(signal: AbortSignal, clock: () => number, until: number): Promise<Reading> {
		let rows = 0
		for (let first = true; ; first = false) {
			const reading = await this.#readBatch(signal, first)
			if (reading.complete) return reading
			rows += reading.rows
			if (clock() < until) continue
			this.#options.log.info({ view: this.#stream.view, rows }, "reading history; more to come")
			return reading
		}
	}

	async #readBatch(signal: AbortSignal, reread: boolean): Promise<Reading & { rows: number }> {
		const what = `Reading ${this.#stream.view}`
		const folded: Parameters<OnFold>[] = []
		const restarts: Restarted[] = []
		const values: Parameters<OnValueRefused>[] = []
		const reading = await inTransaction(this.#databases.own, { what: `${what} (totals)`, signal }, async (own) => {
			const ledger = new Ledger(own, this.#stream.view)
			const { positions, locked } = await ledger.lock()
			const statuses = async () => (this.#options.statuses ? await ledger.statuses() : NO_STATUSES)
			const before = await ledger.totals()
			if (!locked) return { totals: before, statuses: await statuses(), complete: isComplete(positions), rows: 0 }
			const evicted: Parameters<OnEvict>[] = []
			const places = {
				now: Date.now,
				placeMs: PLACE_MS,
				onEvict: (...place: Parameters<OnEvict>) => evicted.push(place),
			}
			const tally = new Tally(folderThatKnows(this.#stream.emits, before, (...fold) => folded.push(fold), places))
			const taken = await withSnapshots(this.#databases, own, { what, signal }, (snapshots) =>
				this.#read(snapshots, ledger, positions, tally, reread),
			)
			this.#countLeftOut(tally, taken.refused, folded.length, taken.restarts.length)
			for (const [series, label, value] of evicted) await ledger.forget(series, label, value)
			await ledger.write(tally, taken.tracking, taken.positions)
			restarts.push(...taken.restarts)
			values.push(...tally.refused.map(([series, reason]): Parameters<OnValueRefused> => [series, reason]))
			return {
				totals: await ledger.totals(),
				statuses: await statuses(),
				complete: isComplete(taken.positions),
				rows: taken.rows,
			}
		})
		// After the commit: had the transaction failed, the same rows would be read and folded again.
		for (const fold of folded) this.#options.onFold(...fold)
		for (const { provider, after, high } of restarts) {
			this.#options.log.warn(
				{ view: this.#stream.view, provider, after, high },
				"numbers began again, as when a table is truncated, restored or made again; rows above `after` are counted as new",
			)
		}
		for (const refusal of values) this.#options.onValueRefused(...refusal)
		return reading
	}

	/** Counts with the rows themselves what of them was not used, so that each counts once. */
	#countLeftOut(tally: Tally, refused: readonly RefusalReason[], folded: number, restarts: number): void {
		const { view } = this.#stream
		for (const reason of refused) tally.count(contractValuesRefused, { view, reason })
		tally.count(contractValuesRefused, { view, reason: "no_place" }, folded)
		tally.count(contractRestarts, { view }, restarts)
	}

	async #read(snapshots: readonly Snapshot[], ledger: Ledger, positions: Positions, tally: Tally, reread: boolean) {
		const tracking: Tracking[] = []
		const refused: RefusalReason[] = []
		const next: Record<string, Position> = {}
		const restarts: Restarted[] = []
		let rows = 0
		for (const snapshot of snapshots) {
			const source = await ContractReader.open(snapshot, this.#stream.view, this.#stream.columns)
			const { storage, ...moment } = await source.moment()
			const expected = snapshot.knownProviders(Object.keys(positions))
			const names = snapshot.mayHaveOthers ? await source.providers(expected) : expected
			for (const name of names) {
				const provider = await source.provider(name, snapshot.key(name))
				const { key } = provider
				const take = (row: R, state: S | undefined) => {
					rows++
					const reasons = this.#refuse(row)
					if (state === undefined) refused.push(...reasons)
					const after = this.#stream.take(row, state, tally, moment.now)
					if (!isDeepStrictEqual(after, state)) tracking.push({ provider: key, seq: row.seq, state: after })
				}
				const known = positions[key] ?? START
				const checked = known.high > 0 ? await source.newest(provider, known.high) : undefined
				const restart = restartOf(known, checked, storage)
				let position = known
				if (restart) {
					const after = restart.after ?? (await source.newest(provider, known.high, restart.readAt))?.seq ?? 0
					await ledger.untrack(key, after)
					position = restartAfter(known, after, moment.now)
					restarts.push({ provider: key, after, high: known.high })
				}
				position = await this.#readGaps(source, provider, position, moment, take)
				if (reread) position = await this.#rereadTracked(source, provider, position, ledger, take, tracking)
				const fresh = await source.after<R>(provider, position.high, Number.MAX_SAFE_INTEGER, this.#options.batch)
				for (const row of fresh) take(row, undefined)
				const seqs = fresh.map(({ seq }) => seq)
				position = advance(position, seqs, moment.now)
				const last = fresh.length === 0 && !restart ? checked : await source.newest(provider, position.high)
				next[key] = {
					...remember(position, { checked, last, storage, now: moment.now }),
					behind: fresh.length === this.#options.batch,
				}
			}
		}
		return { tracking, refused, restarts, positions: next, rows }
	}

	/** Reads rows that became visible late, and gives up gaps that nothing can fill any more. */
	async #readGaps(
		source: ContractReader,
		provider: Provider,
		position: Position,
		moment: Moment,
		take: (row: R, state: undefined) => void,
	): Promise<Position> {
		const { numbers, ranges } = gapReads(position.gaps)
		const late = await source.numbered<R>(provider, numbers)
		for (const { from, to } of ranges) {
			// A range may hold more than one batch: the rest stays a gap until the next one.
			const rows = await source.after<R>(provider, from - 1, to, this.#options.batch)
			late.push(...rows)
		}
		for (const row of late) take(row, undefined)
		const seqs = late.map(({ seq }) => seq).sort((a, b) => a - b)
		const gaps = fill(position.gaps, seqs)
		return { ...position, gaps: late.length < this.#options.batch ? expire(gaps, moment, this.#options.graceMs) : gaps }
	}

	/** Reads rows again that may have changed, in rotation. */
	async #rereadTracked(
		source: ContractReader,
		provider: Provider,
		position: Position,
		ledger: Ledger,
		take: (row: R, state: S) => void,
		tracking: Tracking[],
	): Promise<Position> {
		const { rereads } = this.#options
		const tracked = await ledger.tracked(provider.key, position.cursor, rereads)
		const states = new Map(tracked.map(({ seq, state }) => [seq, state as S]))
		for (const row of await source.numbered<R>(provider, [...states.keys()])) {
			const state = states.get(row.seq)
			if (state !== undefined) take(row, state)
			states.delete(row.seq)
		}
		// The others were deleted: what was counted of them stays, and they cannot change any more.
		for (const seq of states.keys()) tracking.push({ provider: provider.key, seq, state: undefined })
		const last = tracked.at(-1)
		return { ...position, cursor: tracked.length === rereads && last ? last.seq : 0 }
	}
}

const isComplete = (positions: Positions) => Object.values(positions).every(({ behind }) => !behind)
