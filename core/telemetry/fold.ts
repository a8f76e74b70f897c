import { OTHER, type SeriesSpec } from "../catalogue/types.ts"

export type Labels = Readonly<Record<string, string>>

/** Called once for every sample that had a label value folded into `other`. */
export type OnFold = (series: string, label: string) => void

/**
 * Keeps labels inside their declaration: a bounded label takes the first `max` distinct values it sees, an enum label
 * its own; every other value becomes `other`. What a source sends can therefore never make a series explode.
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
			const fits = spec.kind === "enum" ? spec.values.includes(value) : this.#admit(series.name, label, value, spec.max)
			if (!fits) this.#onFold(series.name, label)
			folded[label] = fits ? value : OTHER
		}
		for (const label of Object.keys(labels))
			if (!(label in series.labels)) throw new TypeError(`${series.name} has no label ${label}`)
		return folded
	}

	#admit(series: string, label: string, value: string, max: number): boolean {
		const key = `${series} ${label}`
		const seen = this.#seen.get(key) ?? new Set<string>()
		this.#seen.set(key, seen)
		if (seen.has(value)) return true
		if (seen.size >= max) return false
		seen.add(value)
		return true
	}
}

/** Every combination of values of a series' labels when all of them are enums; undefined when one is not. */
export function knownLabelSets(series: SeriesSpec): Labels[] | undefined {
	let sets: Record<string, string>[] = [{}]
	for (const [label, spec] of Object.entries(series.labels)) {
		if (spec.kind !== "enum") return undefined
		sets = sets.flatMap((set) => spec.values.map((value) => ({ ...set, [label]: value })))
	}
	return sets
}
