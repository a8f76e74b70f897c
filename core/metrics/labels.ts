import { OTHER, type SeriesSpec } from "../catalogue/types.ts"

export type Labels = Readonly<Record<string, string>>

/** Labels as one text, the same whatever their order: JSON with sorted names. */
export const labelKey = (labels: Labels): string => {
	const names = Object.keys(labels)
	return JSON.stringify(labels, names.length > 1 ? names.sort() : null)
}

/** Called once for every sample that had a label value folded into `other`. */
export type OnFold = (series: string, label: string) => void

/** Longest label value, in UTF-16 units: a name is no document, and two of them must fit into PostgreSQL's index entries. */
const LONGEST = 120

/**
 * Control characters, line and paragraph separators, halves of characters, and what has no meaning in Unicode. A line
 * break stays: every format of exposition has a way to write it.
 */
const UNPRINTABLE = /(?!\n)[\p{Cc}\p{Zl}\p{Zp}\p{Surrogate}\p{Noncharacter_Code_Point}]/gu
/** Characters without a shape, which turn text around or make two names look like one. */
const INVISIBLE = /\p{Cf}/gu
const REPLACEMENT = "\ufffd"

/** A text of another program as a label value: readable as it is written, and at most 120 units long. */
export function cleanLabelValue(value: string): string {
	const cut = value.slice(0, LONGEST)
	const clean = cut.replace(UNPRINTABLE, REPLACEMENT).replace(INVISIBLE, "")
	return clean === "" && cut !== "" ? REPLACEMENT : clean
}

/** A place is given to another value when its own was not seen for this long. */
export const PLACE_MS = 3_600_000

/** Called when a value has lost its place: what was counted under it goes, too. */
export type OnEvict = (series: string, label: string, value: string) => void

export interface Places {
	/** Milliseconds. */
	now(): number
	readonly onEvict: OnEvict
	/** How long a value keeps its place without being seen; an hour by default. */
	readonly placeMs?: number
}

/** Values of one label of one series, each with when it was last seen. */
interface Seen {
	readonly at: Map<string, number>
	/** No place expires before. */
	fullUntil: number
}

/**
 * Keeps labels inside their declaration: a bounded label has places for `max` distinct values, an enum label knows its
 * own; every other value becomes `other`, which takes no place of its own. Values are cleaned. What a source sends can
 * therefore never make a series or an exposition explode.
 *
 * With `places`, a value that was not seen for an hour makes room when another one needs it, and one that is known from
 * our own configuration makes room for itself at once. Without, as for totals that are kept, a place is permanent.
 */
export class LabelFolder {
	readonly #seen = new Map<string, Seen>()
	readonly #onFold: OnFold
	readonly #places: Places | undefined
	readonly #known = new Map<string, (value: string) => boolean>()

	constructor(onFold: OnFold, places?: Places) {
		this.#onFold = onFold
		this.#places = places
	}

	/** Which values of a label, of any series, go before others because they are known to be real. */
	prefer(label: string, isKnown: (value: string) => boolean): void {
		this.#known.set(label, isKnown)
	}

	/** @throws TypeError when a declared label is missing or an undeclared one is given: that is a mistake in our code. */
	fold(series: SeriesSpec, labels: Labels): Labels {
		const folded: Record<string, string> = {}
		for (const [label, spec] of Object.entries(series.labels)) {
			const value = labels[label]
			if (value === undefined) throw new TypeError(`${series.name} needs the label ${label}`)
			const kept = spec.kind === "enum" ? among(spec.values, value) : this.#admit(series.name, label, value, spec.max)
			if (kept === undefined) this.#onFold(series.name, label)
			folded[label] = kept ?? OTHER
		}
		for (const label of Object.keys(labels))
			if (!(label in series.labels)) throw new TypeError(`${series.name} has no label ${label}`)
		return folded
	}

	/** The value as it is exposed; undefined when there is no place left for it. */
	#admit(series: string, label: string, value: string, max: number): string | undefined {
		if (value === OTHER) return value
		const key = `${series} ${label}`
		const seen = this.#seen.get(key) ?? { at: new Map<string, number>(), fullUntil: Number.NEGATIVE_INFINITY }
		this.#seen.set(key, seen)
		const now = this.#places?.now() ?? 0
		const name = seen.at.has(value) ? value : cleanLabelValue(value)
		if (name === OTHER) return name
		if (seen.at.size >= max && !seen.at.has(name)) {
			const loser = this.#places && this.#leastSeen(seen, label, name, now)
			if (loser === undefined) return undefined
			seen.at.delete(loser)
			this.#places?.onEvict(series, label, loser)
		}
		seen.at.set(name, now)
		return name
	}

	/** Who loses its place to `name`: the least recently seen, when that was long ago or `name` is known and it is not. */
	#leastSeen(seen: Seen, label: string, name: string, now: number): string | undefined {
		const placeMs = this.#places?.placeMs ?? PLACE_MS
		const isKnown = this.#known.get(label)
		const insists = isKnown?.(name) ?? false
		if (!insists && now < seen.fullUntil) return undefined
		let [oldest, since]: [string | undefined, number] = [undefined, Number.POSITIVE_INFINITY]
		let [stranger, strangerSince]: [string | undefined, number] = [undefined, Number.POSITIVE_INFINITY]
		for (const [value, at] of seen.at) {
			if (at < since) [oldest, since] = [value, at]
			if (insists && at < strangerSince && !isKnown?.(value)) [stranger, strangerSince] = [value, at]
		}
		if (now - since >= placeMs) return oldest
		seen.fullUntil = since + placeMs
		return stranger
	}
}

const among = (values: readonly string[], value: string): string | undefined =>
	value === OTHER || values.includes(value) ? value : undefined

/** Every combination of values of a series' labels when all of them are enums; undefined when one is not. */
export function knownLabelSets(series: SeriesSpec): Labels[] | undefined {
	let sets: Record<string, string>[] = [{}]
	for (const [label, spec] of Object.entries(series.labels)) {
		if (spec.kind !== "enum") return undefined
		sets = sets.flatMap((set) => spec.values.map((value) => ({ ...set, [label]: value })))
	}
	return sets
}
