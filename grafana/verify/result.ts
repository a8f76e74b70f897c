/** What a panel shows. An empty one has no data, and says so. */
export type State = "drawn" | "empty" | "error"

export interface PanelResult {
	readonly id: number
	readonly title: string
	readonly state: State
	/** The error, or the words in place of the data. */
	readonly message?: string
}

/** A board's check: in a browser at one size and theme, or by its queries. */
export interface BoardResult {
	readonly uid: string
	readonly title: string
	/** Such as "1440 px, dark", or "queries". */
	readonly view: string
	readonly panels: readonly PanelResult[]
	/** Faults of the board as a whole. */
	readonly faults: readonly string[]
	/** Milliseconds until all panels were drawn. */
	readonly drawnMs?: number
	/** 95th percentile of the warm loads, in milliseconds. */
	readonly p95Ms?: number
	readonly picture?: string
}

/** What Grafana writes into a panel without data whose author gave no words. */
const NO_REASON = /^(no data( in response)?|-|–)?\.?$/i

/** Whether an empty panel says why it is empty. */
export const isExplained = (words: string | undefined): boolean => !NO_REASON.test((words ?? "").trim())

/** Whether a panel shows what it should: data, or in words why there is none. */
export const isFault = ({ state, message }: PanelResult): boolean =>
	state === "error" || (state === "empty" && !isExplained(message))

/** The 95th percentile by nearest rank: 19 of 20 values are not larger. */
export function p95(values: readonly number[]): number | undefined {
	const sorted = [...values].sort((a, b) => a - b)
	return sorted[Math.ceil(sorted.length * 0.95) - 1]
}

/** The number of faults of a check. */
export const countFaults = (results: readonly BoardResult[]): number =>
	results.reduce((sum, { panels, faults }) => sum + faults.length + panels.filter(isFault).length, 0)
