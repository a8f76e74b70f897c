import { isDeepStrictEqual } from "node:util"
import type { SeriesSpec } from "../../../core/catalogue/types.ts"
import { inTransaction } from "../../../core/db/session.ts"
import type { Logger } from "../../../core/lib/log.ts"
import { folderThatKnows, Tally, type Total } from "../../../core/metrics/durable.ts"
import type { OnRefuse } from "../../../core/metrics/family.ts"
import type { OnFold } from "../../../core/metrics/labels.ts"
import { advance, expire, fill, GRACE_MS, gapReads, type Moment, type Position, START } from "../../kit/position.ts"
import type { Row, RowState, Stream } from "../../kit/stream.ts"
import { ContractReader, type Provider } from "./contract.ts"
import { Ledger, type Positions, type Tracking } from "./ledger.ts"
import { atPlaces, type Databases, type Place } from "./places.ts"

export interface ReaderOptions {
	readonly log: Logger
	/** Most rows taken over in one transaction. */
	readonly batch?: number
	/** Most rows that may change and are looked at again in one turn; the others have theirs in the next ones. */
	readonly looks?: number
	/** How long a number may be taken before its transaction has an id. */
	readonly graceMs?: number
	/** Whether to count the tracked rows by status, which reads all of them; yes when not given. */
	readonly statuses?: boolean
	/** Told of every row's label value that was counted under `other`. */
	readonly onFold?: OnFold
	/** Told of every row's value that was not used. */
	readonly onRefuse?: OnRefuse
}

/** What a reader knows after a turn. */
export interface Reading {
	readonly totals: readonly Total[]
	readonly statuses: ReadonlyMap<string, number>
	/** False while history remains to be read: the totals are not yet true. */
	readonly complete: boolean
}

const NO_STATUSES: ReadonlyMap<string, number> = new Map()

/** Turns the rows of one view into totals, each row's contribution exactly once, however often and by whomever it runs. */
export class Reader<R extends Row, S extends RowState> {
	readonly #databases: Databases
	readonly #stream: Stream<R, S>
	readonly #options: Required<ReaderOptions>

	constructor(databases: Databases, stream: Stream<R, S>, options: ReaderOptions) {
		this.#databases = databases
		this.#stream = stream
		this.#options = {
			batch: 10_000,
			looks: 2_000,
			graceMs: GRACE_MS,
			statuses: true,
			onFold: () => undefined,
			onRefuse: () => undefined,
			...options,
		}
	}

	get emits(): readonly SeriesSpec[] {
		return this.#stream.emits
	}

	/** Reads what is new and what may have changed, batch by batch, until all is read or `until` (ms, our clock) is over. */
	async turn(signal: AbortSignal, clock: () => number, until: number): Promise<Reading> {
		let rows = 0
		for (let first = true; ; first = false) {
			const reading = await this.#step(signal, first)
			if (reading.complete) return reading
			rows += reading.rows
			if (clock() < until) continue
			this.#options.log.info({ reader: this.#stream.reader, rows }, "reading history; more to come")
			return reading
		}
	}

	async #step(signal: AbortSignal, lookAgain: boolean): Promise<Reading & { rows: number }> {
		const what = `Reading ${this.#stream.reader}`
		const folded: Parameters<OnFold>[] = []
		const refused: Parameters<OnRefuse>[] = []
		const reading = await inTransaction(this.#databases.own, { what: `${what} (our totals)`, signal }, async (own) => {
			const ledger = new Ledger(own, this.#stream.reader)
			const { positions, ours } = await ledger.lock()
			const statuses = async () => (this.#options.statuses ? await ledger.statuses() : NO_STATUSES)
			const before = await ledger.totals()
			if (!ours) return { totals: before, statuses: await statuses(), complete: isComplete(positions), rows: 0 }
			const tally = new Tally(folderThatKnows(this.#stream.emits, before, (...fold) => folded.push(fold)))
			const taken = await atPlaces(this.#databases, own, { what, signal }, (places) =>
				this.#read(places, ledger, positions, tally, lookAgain),
			)
			await ledger.write(tally, taken.tracking, taken.positions)
			for (const [series, reason] of tally.refused) refused.push([series, reason])
			return {
				totals: await ledger.totals(),
				statuses: await statuses(),
				complete: isComplete(taken.positions),
				rows: taken.rows,
			}
		})
		// Only now: had the transaction failed, the same rows would be read and told again.
		for (const fold of folded) this.#options.onFold(...fold)
		for (const refusal of refused) this.#options.onRefuse(...refusal)
		return reading
	}

	async #read(places: readonly Place[], ledger: Ledger, positions: Positions, tally: Tally, lookAgain: boolean) {
		const tracking: Tracking[] = []
		const next: Record<string, Position> = {}
		let rows = 0
		for (const place of places) {
			const source = new ContractReader(place.client, this.#stream.view, this.#stream.select)
			const moment = await source.moment()
			const known = place.known(Object.keys(positions))
			const names = place.open ? await source.providers(known) : known
			if (names.length === 0) await source.checkColumns()
			for (const name of names) {
				const provider = await source.provider(name, place.key(name))
				const { key } = provider
				const take = (row: R, state: S | undefined) => {
					rows++
					const after = this.#stream.take(row, state, tally, moment.now)
					if (!isDeepStrictEqual(after, state)) tracking.push({ provider: key, seq: row.seq, state: after })
				}
				let position = await this.#readGaps(source, provider, positions[key] ?? START, moment, take)
				if (lookAgain) position = await this.#lookAgain(source, provider, position, ledger, take, tracking)
				const fresh = await source.after<R>(provider, position.high, Number.MAX_SAFE_INTEGER, this.#options.batch)
				for (const row of fresh) take(row, undefined)
				const seqs = fresh.map(({ seq }) => seq)
				next[key] = { ...advance(position, seqs, moment.now), behind: fresh.length === this.#options.batch }
			}
		}
		return { tracking, positions: next, rows }
	}

	/** Takes rows that came late, and forgets gaps that stay empty. */
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
			// A range that comes in whole is more than one batch: the rest stays a gap until the next turn.
			const rows = await source.after<R>(provider, from - 1, to, this.#options.batch)
			late.push(...rows)
		}
		for (const row of late) take(row, undefined)
		const seqs = late.map(({ seq }) => seq).sort((a, b) => a - b)
		const gaps = fill(position.gaps, seqs)
		return { ...position, gaps: late.length < this.#options.batch ? expire(gaps, moment, this.#options.graceMs) : gaps }
	}

	/** Looks again at rows that may have changed, in rotation. */
	async #lookAgain(
		source: ContractReader,
		provider: Provider,
		position: Position,
		ledger: Ledger,
		take: (row: R, state: S) => void,
		tracking: Tracking[],
	): Promise<Position> {
		const { looks } = this.#options
		const tracked = await ledger.tracked(provider.key, position.cursor, looks)
		const states = new Map(tracked.map(({ seq, state }) => [seq, state as S]))
		for (const row of await source.numbered<R>(provider, [...states.keys()])) {
			const state = states.get(row.seq)
			if (state !== undefined) take(row, state)
			states.delete(row.seq)
		}
		// What is left was deleted: counted it stays, but it cannot change any more.
		for (const seq of states.keys()) tracking.push({ provider: provider.key, seq, state: undefined })
		const last = tracked.at(-1)
		return { ...position, cursor: tracked.length === looks && last ? last.seq : 0 }
	}
}

const isComplete = (positions: Positions) => Object.values(positions).every(({ behind }) => !behind)
