import type { Placement, TryResult } from "../../support/stop/stop-try.ts"

export interface Cell {
	readonly version: string
	readonly mode: string
	readonly placement: Placement
	readonly brake: boolean
	readonly processes?: boolean
	readonly tries: readonly TryResult[]
}

const START = "<!-- measured: start -->"
const END = "<!-- measured: end -->"

/** What is still at work so long after the stop is not stopped. */
const RUNS_ON_MS = 5_000

const seconds = (ms: number): string => (ms / 1_000).toFixed(1)

const worst = (values: readonly (number | undefined)[]): number => Math.max(0, ...values.map((value) => value ?? 0))

/** The times of the worst try; a mode that the version does not have has none. */
function describeCell({ tries }: Cell): string {
	const worked = tries.filter((one) => one.worked)
	if (worked.length === 0) return "did not start"
	const tool = worst(worked.map(({ lastTool }) => lastTool))
	const model = worst(worked.map(({ lastModel }) => lastModel))
	const part = (ms: number) => (ms > RUNS_ON_MS ? "**runs on**" : `${seconds(ms)} s`)
	const most = (of: "modelCalls" | "modelCallsBefore") => Math.max(...worked.map((one) => one[of]))
	const few = worked.length < tries.length ? `, ${worked.length} of ${tries.length} tries` : ""
	return `${part(tool)} / ${part(model)} (${most("modelCallsBefore")} → ${most("modelCalls")}${few})`
}

/** A Markdown table: a row for each mode, a column for each placement of the gate. */
export function renderTable(
	cells: readonly Cell[],
	{ parallel, observeMs, loads }: { parallel: number; observeMs: number; loads: readonly number[] },
): string {
	const columns = [...new Set(cells.map(columnOf))]
	const rows = [...new Set(cells.map(({ version, mode }) => `${version}\n${mode}`))]
	const line = (fields: readonly string[]) => `| ${fields.join(" | ")} |`
	const counts = cells.map(({ tries }) => tries.length)
	const [fewest, most] = [Math.min(...counts), Math.max(...counts)]
	const tries = most === 1 ? "of one try" : `the worst of ${fewest === most ? most : `${fewest} to ${most}`} tries`
	return [
		`Each cell: last tool call / last model call after the stop, ${tries}${parallel > 1 ? `, ${parallel} at once` : ""}; in brackets the model calls in the`,
		`${observeMs / 1_000} s before and after it. The agent never gives up. Load average of the machine: ${loads.map((load) => load.toFixed(0)).join(" to ")}.`,
		"",
		line(["version", "mode", ...columns]),
		line(["---", "---", ...columns.map(() => "---")]),
		...rows.map((row) => {
			const [version = "", mode = ""] = row.split("\n")
			const of = (column: string) =>
				cells.find((cell) => cell.version === version && cell.mode === mode && columnOf(cell) === column)
			return line([version, mode, ...columns.map((column) => (of(column) ? describeCell(of(column) as Cell) : ""))])
		}),
	].join("\n")
}

const columnOf = ({ placement, brake, processes }: Cell) =>
	`${placement} settings${brake ? " and brake" : ""}${processes ? " and processes" : ""}`

/** The page with the table between its markers. @throws Error without the markers */
export function withTable(page: string, table: string): string {
	const [start, end] = [page.indexOf(START), page.indexOf(END)]
	if (start < 0 || end < start) throw new Error("docs/stop.md has no markers for the table")
	return `${page.slice(0, start + START.length)}\n\n${table}\n\n${page.slice(end)}`
}
