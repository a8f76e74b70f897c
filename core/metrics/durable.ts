import { createHash } from "node:crypto"
import { asc, eq, sql } from "drizzle-orm"
import { SERIES } from "../catalogue/index.ts"
import type { ValueRefusal } from "../catalogue/subjects/observatory.ts"
import type { LabelSpecs, LabelsOf, Quantity, SeriesSpec } from "../catalogue/types.ts"
import type { Database } from "../db/client.ts"
import { totals } from "../db/schema/aggregates.ts"
import { boundOf, boundText, bucketOf, Histogram } from "./buckets.ts"
import { knownLabelSets, LabelFolder, type Labels, labelKey, type OnFold, type Places } from "./labels.ts"
import type { Sample } from "./samples.ts"
import { grown, largestTotal, refuseIncrease, refuseObservation } from "./values.ts"

/**
 * Counters and histograms that are kept in our database, in `observatory.totals`, so that a restart loses nothing and
 * replicas share them: they are changed in the transaction that does, or has read, what they count.
 */
export interface Total {
	/** The series' name; of a histogram, followed by `_bucket` or `_sum`. */
	readonly series: string
	/** As `labelKey` writes them. A bucket's label `le` names its upper bound, its value is not cumulative. */
	readonly labels: string
	readonly value: number
	/** Milliseconds, when it grew last, of one that was read. */
	readonly countedAt?: number
}

type Unlabelled = SeriesSpec<Readonly<Record<never, never>>, "counter">

/** Longer keys are remembered by their hash: an entry of PostgreSQL's index holds less than 2.7 kB. */
const LONGEST_KEY = 250

interface Sum {
	readonly series: string
	readonly labels: string
	value: number
}

/** Collects what is to be added to the totals. */
export class Tally {
	readonly #folder: LabelFolder
	readonly #totals = new Map<string, Sum>()
	/** Sums by the labels as they were given: rows are many, their labels few. */
	readonly #sums = new Map<string, Map<string, Sum>>()
	readonly #once = new Map<string, Unlabelled>()
	readonly #refused: (readonly [string, ValueRefusal])[] = []

	/** @param folder one that knows what was counted before, where labels come from outside */
	constructor(folder = new LabelFolder(() => undefined)) {
		this.#folder = folder
	}

	/** Adds to a counter. What cannot be right adds nothing: a single NaN would spoil the total permanently. */
	count<L extends LabelSpecs>(series: SeriesSpec<L, "counter">, labels: LabelsOf<L>, by = 1): void {
		if (by === 0 || this.#refuses(series, refuseIncrease(series, by))) return
		grow(this.#sum(series, series.name, labels, undefined), by, largestTotal(series.quantity))
	}

	/** Adds 1 to a counter unless something with this key has been counted before. */
	countOnce(series: Unlabelled, key: string): void {
		this.#once.set(key.length > LONGEST_KEY ? `sha256 ${createHash("sha256").update(key).digest("hex")}` : key, series)
	}

	/** Adds an observation to a histogram, if it can be right. */
	observe<L extends LabelSpecs>(series: SeriesSpec<L, "histogram">, labels: LabelsOf<L>, value: number): void {
		if (this.#refuses(series, refuseObservation(series, value))) return
		const bounds = series.buckets ?? []
		const bucket = boundText(bounds, bucketOf(bounds, value))
		grow(this.#sum(series, `${series.name}_bucket`, labels, bucket), 1, largestTotal("count"))
		grow(this.#sum(series, `${series.name}_sum`, labels, undefined), value, largestTotal(series.quantity))
	}

	/** Whether a row's number can be added to a counter; remembers the refusal when it cannot. */
	accepts(series: SeriesSpec, value: number): boolean {
		return !this.#refuses(series, refuseIncrease(series, value))
	}

	/** Values that were not used, each with its series. */
	get refused(): readonly (readonly [series: string, reason: ValueRefusal])[] {
		return this.#refused
	}

	#refuses({ name }: SeriesSpec, refusal: ValueRefusal | undefined): boolean {
		if (refusal !== undefined) this.#refused.push([name, refusal])
		return refusal !== undefined
	}

	/** Keys that count when they are new, with their series. */
	get once(): ReadonlyMap<string, Unlabelled> {
		return this.#once
	}

	get totals(): readonly Total[] {
		return [...this.#totals.values()].filter(({ value }) => value !== 0)
	}

	#sum(spec: SeriesSpec, series: string, given: Labels, le: string | undefined): Sum {
		const known = this.#sums.get(series) ?? new Map<string, Sum>()
		this.#sums.set(series, known)
		const quick = `${Object.values(given).join("\u0000")}\u0000${le}`
		const cached = known.get(quick)
		if (cached) return cached
		const kept = this.#folder.fold(spec, given)
		const labels = labelKey({ ...kept, ...(le === undefined ? {} : { le }) })
		const key = `${series} ${labels}`
		const sum = this.#totals.get(key) ?? { series, labels, value: 0 }
		this.#totals.set(key, sum)
		// What was folded goes through the folder each time, which counts it.
		if (Object.entries(kept).every(([label, value]) => given[label] === value)) known.set(quick, sum)
		return sum
	}
}

const grow = (sum: Sum, by: number, largest: number): void => {
	sum.value = grown(sum.value, by, largest)
}

/** The quantity of each name that totals are stored under. */
const QUANTITIES: ReadonlyMap<string, Quantity> = new Map(
	SERIES.flatMap(({ name, quantity }) => [
		[name, quantity],
		[`${name}_bucket`, "count"],
		[`${name}_sum`, quantity],
	]),
)

const countsFractions = (name: string): boolean => largestTotal(QUANTITIES.get(name) ?? "count") < largestTotal("count")

/** Adds a tally to what `reader` has counted, in one statement within the caller's transaction. */
export async function addTotals(tx: Pick<Database, "execute">, reader: string, added: readonly Total[]): Promise<void> {
	if (added.length === 0) return
	// Always in one order, so that two of these cannot deadlock.
	const rows = [...added].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
	const fractions = sql.param([...new Set(rows.map(({ series }) => series))].filter(countsFractions))
	const column = (of: (total: Total) => string | number) => sql.param(rows.map(of))
	const largest = sql`case when excluded.series = any(${fractions}::text[])
		then ${largestTotal("usd")}::float8 else ${largestTotal("count")}::float8 end`
	// As `grown` does it; in PostgreSQL's order NaN is above every number, so that one that is stored ends here.
	await tx.execute(sql`
		insert into ${totals} (reader, series, labels, value)
		select ${reader}, * from unnest(
			${column(({ series }) => series)}::text[], ${column(({ labels }) => labels)}::text[],
			${column(({ value }) => value)}::float8[])
		on conflict (reader, series, labels) do update set value = case
			when totals.value + excluded.value <= ${largest} then totals.value + excluded.value
			else excluded.value end, counted_at = now()`)
}

const keyOf = ({ series, labels }: Total) => `${series} ${labels}`

/** All that `reader` has counted. */
export async function readTotals(db: Pick<Database, "select">, reader: string): Promise<Total[]> {
	const rows = await db
		.select({ series: totals.series, labels: totals.labels, value: totals.value, countedAt: totals.countedAt })
		.from(totals)
		.where(eq(totals.reader, reader))
		.orderBy(asc(totals.series), asc(totals.labels))
	return rows.map((row) => ({ ...row, countedAt: row.countedAt.getTime() }))
}

/** Totals as samples of the series that they belong to. Histograms exist before their first observation. */
export function samplesOf(emits: readonly SeriesSpec[], kept: readonly Total[]): Sample[] {
	const byName = new Map<string, Total[]>()
	for (const total of kept) {
		const same = byName.get(total.series)
		if (same) same.push(total)
		else byName.set(total.series, [total])
	}
	const named = (name: string) => byName.get(name) ?? []
	return emits.flatMap((series): Sample[] =>
		series.type === "histogram"
			? histograms(series, named(`${series.name}_bucket`), named(`${series.name}_sum`))
			: named(series.name).map(({ labels, value }) => ({ series, labels: JSON.parse(labels), value })),
	)
}

function histograms(series: SeriesSpec, buckets: readonly Total[], sums: readonly Total[]): Sample[] {
	const made = new Map<string, { labels: Labels; histogram: Histogram }>()
	const at = (labels: Labels): Histogram => {
		const key = labelKey(labels)
		const existing = made.get(key)
		if (existing) return existing.histogram
		const histogram = new Histogram(series.buckets)
		made.set(key, { labels, histogram })
		return histogram
	}
	for (const labels of knownLabelSets(series) ?? []) at(labels)
	for (const bucket of buckets) {
		const { labels, le } = partsOf(bucket)
		const { counts, bounds } = at(labels)
		// Should the bounds have changed since, a bucket's observations move up to the next one.
		const i = bucketOf(bounds, boundOf(le))
		counts[i] = (counts[i] ?? 0) + bucket.value
	}
	for (const { labels, value } of sums) at(JSON.parse(labels)).sum = value
	return [...made.values()].map(({ labels, histogram: { counts, sum } }) => ({ series, labels, counts, sum }))
}

/** When values that were counted before were last seen, and what happens to one that loses its place. */
export interface KeptPlaces extends Places {
	/** Milliseconds; when the total grew last by default. */
	seenAt?(labels: Labels): number
}

/**
 * A folder that has admitted the label values that were counted before, so that the cap holds across restarts. Without
 * `places` they keep their places permanently.
 */
export function folderThatKnows(
	emits: readonly SeriesSpec[],
	kept: readonly Total[],
	onFold: OnFold = () => undefined,
	places?: KeptPlaces,
): LabelFolder {
	let admitting: number | undefined
	const folder = new LabelFolder(onFold, places && { ...places, now: () => admitting ?? places.now() })
	const byName = new Map(emits.flatMap((spec) => storedNames(spec).map((name) => [name, spec] as const)))
	for (const total of kept) {
		const spec = byName.get(total.series)
		if (spec === undefined) continue
		const { labels } = partsOf(total)
		admitting = places && (places.seenAt?.(labels) ?? total.countedAt ?? 0)
		folder.fold(spec, labels)
	}
	admitting = undefined
	return folder
}

const storedNames = ({ name, type }: SeriesSpec) => (type === "histogram" ? [`${name}_bucket`, `${name}_sum`] : [name])

function partsOf(total: Total): { readonly labels: Labels; readonly le: string } {
	const { le = "", ...labels } = JSON.parse(total.labels) as Record<string, string>
	return { labels, le }
}
