import type { BoardChange, Difference, PanelChange } from "./compare.ts"
import type { Json, SharedBoard, SharedPanel } from "./shared-board.ts"

/** Where a panel is defined; undefined where its key is made up. */
export type Locate = (panel: SharedPanel) => string | undefined

/** What to change in the code, panel by panel, for a person. */
export function renderImport(board: SharedBoard, { board: own, panels }: BoardChange, locate: Locate): string {
	if (own.length === 0 && panels.length === 0)
		return `${board.uid} (${board.title}): the code makes this board already.\n`
	const lines = [
		`${board.uid} (${board.title}), in grafana/boards/${board.uid}.ts:`,
		...own.map((each) => `  ${BOARD_ADVICE[each.property] ?? each.property}: ${change(each)}`),
		...panels.flatMap((panel) => panelLines(panel, locate)),
	]
	return `${lines.join("\n")}\n`
}

const BOARD_ADVICE: Readonly<Record<string, string>> = {
	from: "`from`",
	headings: "`heading`s among its items",
	variables: "`variables`",
	title: "`title`",
	description: "`description`",
	refresh: "`refresh`",
}

function panelLines({ kind, panel, differences }: PanelChange, locate: Locate): string[] {
	const where = locate(panel)
	const name = `"${panel.title}"`
	const at = where === undefined ? "" : `, ${where}`
	switch (kind) {
		case "removed":
			return [`- ${name}${at}: remove it from the board's items`]
		case "added":
			return [
				`+ ${name} (${panel.type}): write a panel of this kind`,
				...(panel.size ? [`    size: ${panel.size.w} × ${panel.size.h}`] : []),
				...panel.queries.map(({ refId, spec }) => `    query ${refId}: ${show(spec.expr ?? spec.rawSql ?? spec)}`),
				...(panel.defaults.unit === undefined ? [] : [`    unit: ${show(panel.defaults.unit)}`]),
			]
		default:
			return [`~ ${name}${at}:`, ...differences.map((each) => `    ${adviceOf(each)}: ${change(each)}`)]
	}
}

/** The property in the code for one in the board. */
function adviceOf({ property }: Difference): string {
	const [, refId, part] = /^query (\w+) ?(.*)$/.exec(property) ?? []
	if (refId !== undefined)
		return part ? `query ${refId} (\`shows\` or \`sql\`), ${part}` : `query ${refId} (\`shows\` or \`sql\`)`
	if (property.startsWith("thresholds")) return `\`thresholds\` (${property})`
	if (property.startsWith("options.") || property.startsWith("custom."))
		return `${property} (what the panel's kind sets in grafana/kit)`
	return PANEL_ADVICE[property] ?? property
}

const PANEL_ADVICE: Readonly<Record<string, string>> = {
	title: "`title`",
	description: "`note`, or the series' help in core/catalogue",
	type: "its kind, such as `stat` or `timeseries`",
	unit: "unit: the series' `measure` in core/catalogue",
	decimals: "decimals: the series' `measure` in core/catalogue",
	noValue: "`empty`",
	links: "`detail`",
	size: "size: the `band`'s height, or `on12`",
	place: "place among the board's items",
}

function change({ ours, theirs }: Difference): string {
	if (ours === undefined) return `add ${show(theirs)}`
	if (theirs === undefined) return `remove ${show(ours)}`
	return `${show(ours)} → ${show(theirs)}`
}

const show = (value: Json): string => JSON.stringify(value) ?? "nothing"
