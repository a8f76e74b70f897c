import type { Column, Grid } from "../columns.ts"

export type Vector = readonly Column[]
export type Value = number | Vector

export const ARITHMETIC: Readonly<Record<string, (left: number, right: number) => number>> = {
	Add: (left, right) => left + right,
	Sub: (left, right) => left - right,
	Mul: (left, right) => left * right,
	Div: (left, right) => left / right,
}

export const COMPARISONS: Readonly<Record<string, (left: number, right: number) => boolean>> = {
	Eql: (left, right) => left === right,
	Neq: (left, right) => left !== right,
	Gtr: (left, right) => left > right,
	Gte: (left, right) => left >= right,
	Lss: (left, right) => left < right,
	Lte: (left, right) => left <= right,
}

type Fold = (values: readonly number[]) => number

export const AGGREGATES: Readonly<Record<string, Fold>> = {
	Sum: (values) => values.reduce((sum, value) => sum + value, 0),
	Avg: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
	Min: (values) => Math.min(...values),
	Max: (values) => Math.max(...values),
	Count: (values) => values.length,
}

/** What two elements must have in common: the labels of an `on` clause, or all. */
export const keyOf = (labels: Column["labels"], on?: readonly string[]): string =>
	JSON.stringify(
		Object.entries(labels)
			.filter(([name]) => on === undefined || on.includes(name))
			.sort(([a], [b]) => (a < b ? -1 : 1)),
	)

export const map = (vector: Vector, change: (value: number) => number): Vector =>
	vector.map(({ labels, values }) => ({ labels, values: values.map(change) }))

/** Applies an operator to the pairs of elements with equal labels. */
export function pairs(left: Vector, right: Vector, apply: (left: number, right: number) => number): Vector {
	const others = new Map(right.map((column) => [keyOf(column.labels), column.values]))
	return left.flatMap(({ labels, values }) => {
		const other = others.get(keyOf(labels))
		return other ? [{ labels, values: values.map((value, i) => apply(value, other[i] ?? Number.NaN)) }] : []
	})
}

/** Keeps the values of `vector` where no element of `other` with the same key has one. */
export function except(vector: Vector, other: Vector, on?: readonly string[]): Vector {
	const keys = other.map((column) => [keyOf(column.labels, on), column.values] as const)
	return vector.map(({ labels, values }) => {
		const key = keyOf(labels, on)
		const same = keys.filter(([each]) => each === key)
		return {
			labels,
			values: values.map((value, i) => (same.some(([, v]) => !Number.isNaN(v[i])) ? Number.NaN : value)),
		}
	})
}

/** The values of `vector`, and those of `other` where no element of `vector` with the same key has one. */
export function union(vector: Vector, other: Vector, on?: readonly string[]): Vector {
	const merged = new Map(vector.map((column) => [keyOf(column.labels), column]))
	for (const added of except(other, vector, on)) {
		const key = keyOf(added.labels)
		const before = merged.get(key)?.values
		const values = before?.map((value, i) => (Number.isNaN(value) ? (added.values[i] ?? value) : value))
		merged.set(key, values ? { labels: added.labels, values } : added)
	}
	return [...merged.values()]
}

/** Folds the elements that share the labels which `keep` names. */
export function aggregate(vector: Vector, keep: (label: string) => boolean, fold: Fold): Vector {
	const groups = new Map<string, { labels: Column["labels"]; members: Float64Array[] }>()
	for (const { labels, values } of vector) {
		const kept = Object.fromEntries(Object.entries(labels).filter(([name]) => keep(name)))
		const key = keyOf(kept)
		const group = groups.get(key) ?? { labels: kept, members: [] }
		group.members.push(values)
		groups.set(key, group)
	}
	return [...groups.values()].map(({ labels, members }) => {
		const [only] = members
		// Most groups have one member, of which every fold but the count is the member itself.
		if (members.length === 1 && only && fold !== AGGREGATES.Count) return { labels, values: only }
		const values = new Float64Array(only?.length ?? 0)
		for (let i = 0; i < values.length; i++) {
			const there = members.map((member) => member[i] ?? Number.NaN).filter((value) => !Number.isNaN(value))
			values[i] = there.length === 0 ? Number.NaN : fold(there)
		}
		return { labels, values }
	})
}

/** The growth of counters that never fall, over a window in seconds. */
export function increase(vector: Vector, window: number, { step }: Grid): Vector {
	const back = window / step
	return vector.map(({ labels, values }) => ({
		labels,
		values: values.map((value, i) => (i === 0 ? Number.NaN : value - at(values, Math.max(0, i - back)))),
	}))
}

/** The value between two points. */
function at(values: Float64Array, index: number): number {
	const low = Math.floor(index)
	const before = values[low] ?? 0
	return before + ((values[low + 1] ?? before) - before) * (index - low)
}

/** The mean over a window in seconds. */
export function average(vector: Vector, window: number, { step }: Grid): Vector {
	const back = Math.max(1, Math.round(window / step))
	return vector.map(({ labels, values }) => {
		const means = new Float64Array(values.length)
		let sum = 0
		let count = 0
		const add = (value: number | undefined, sign: 1 | -1) => {
			if (value === undefined || Number.isNaN(value)) return
			sum += sign * value
			count += sign
		}
		for (let i = 0; i < values.length; i++) {
			add(values[i], 1)
			if (i >= back) add(values[i - back], -1)
			means[i] = count === 0 ? Number.NaN : sum / count
		}
		return { labels, values: means }
	})
}
