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
 * Keeps labels inside their declaration: a bounded label takes the first `max` distinct values it sees, an enum label
 * its own; every other value becomes `other`, which takes no place of its own. Long values are cut, and what is no
 * text in UTF-8 is replaced. What a source sends can therefore never make a series or an exposition explode.
 */
export class LabelFolder {
	readonly #seen = new Map<string, Set<string>>()
	readonly #onFold: OnFold

	constructor(onFold: OnFold) {
		this.#onFold = onFold
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
		const key = `${series} ${label}`
		const seen = this.#seen.get(key) ?? new Set<string>()
		this.#seen.set(key, seen)
		if (value === OTHER || seen.has(value)) return value
		const name = value.slice(0, LONGEST).replace(/\p{Surrogate}/gu, "\ufffd")
		if (seen.has(name)) return name
		if (seen.size >= max) return undefined
		seen.add(name)
		return name
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
