/** Points in time at equal distances, in seconds since the epoch. */
export interface Grid {
	readonly start: number
	readonly step: number
	readonly count: number
}

/** A series over a grid; NaN where it has no value. */
export interface Column {
	readonly labels: Readonly<Record<string, string>>
	readonly values: Float64Array
}

/** Columns by the name of their series. */
export type Columns = ReadonlyMap<string, readonly Column[]>

export const timeAt = ({ start, step }: Grid, index: number): number => start + index * step

/** A column's values from one function of time and index. */
export function fill(grid: Grid, value: (time: number, index: number) => number): Float64Array {
	return Float64Array.from({ length: grid.count }, (_, index) => value(timeAt(grid, index), index))
}
