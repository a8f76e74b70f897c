/** Milliseconds that some work takes, ascending. */
export type Durations = readonly number[]

export async function timed(work: () => Promise<unknown>): Promise<number> {
	const startedAt = performance.now()
	await work()
	return performance.now() - startedAt
}

export async function repeat(times: number, work: () => Promise<unknown>): Promise<Durations> {
	const durations: number[] = []
	for (let i = 0; i < times; i++) durations.push(await timed(work))
	return ascending(durations)
}

export const ascending = (values: readonly number[]): Durations => [...values].sort((a, b) => a - b)

/** Of ascending values. */
export const quantile = (sorted: Durations, q: number): number =>
	sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN

export const median = (sorted: Durations): number => quantile(sorted, 0.5)

export const ms = (value: number): string => `${value < 10 ? value.toFixed(2) : value.toFixed(0)} ms`

export const count = (value: number): string => value.toLocaleString("en")

/** Rows of text in columns, the first one to the left and the others to the right. */
export function table(rows: readonly (readonly string[])[]): string {
	const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
	const cell = (text: string, i: number) => (i === 0 ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0))
	return rows.map((row) => row.map(cell).join("   ").trimEnd()).join("\n")
}

/** Asks for what Prometheus asks for. */
export const AS_PROMETHEUS: RequestInit = {
	headers: { accept: "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1" },
}
