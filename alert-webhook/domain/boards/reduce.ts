type Values = readonly number[]

const sum = (values: Values) => values.reduce((total, value) => total + value, 0)

const CALCS: Readonly<Record<string, (values: Values) => number | undefined>> = {
	lastNotNull: (values) => values.at(-1),
	last: (values) => values.at(-1),
	firstNotNull: (values) => values[0],
	first: (values) => values[0],
	mean: (values) => (values.length > 0 ? sum(values) / values.length : undefined),
	sum: (values) => (values.length > 0 ? sum(values) : undefined),
	min: (values) => (values.length > 0 ? Math.min(...values) : undefined),
	max: (values) => (values.length > 0 ? Math.max(...values) : undefined),
	count: (values) => values.length,
	range: (values) => (values.length > 0 ? Math.max(...values) - Math.min(...values) : undefined),
	diff: (values) => {
		const [first, last] = [values[0], values.at(-1)]
		return first === undefined || last === undefined ? undefined : last - first
	},
}

/** One number of a series, by the name of Grafana's calculation; undefined when there is none. */
export function reduced(values: Values, calc = "lastNotNull"): number | undefined {
	const real = values.filter((value) => !Number.isNaN(value))
	return (CALCS[calc] ?? CALCS.lastNotNull)?.(real)
}
