import {
	dataSourceUid,
	isObject,
	type Json,
	type JsonObject,
	listOf,
	numberOf,
	objectOf,
	type SharedBoard,
	type SharedPanel,
	textOf,
	without,
} from "./shared-board.ts"

/** Reads a board of the v1 format: the one in which we generate, and in which Grafana 12 saves. */
export function readV1(board: JsonObject): SharedBoard {
	const all = listOf(board.panels).filter(isObject).flatMap(withCollapsed)
	const placed = [...all].sort((a, b) => yOf(a) - yOf(b) || xOf(a) - xOf(b))
	const isRow = (panel: JsonObject) => panel.type === "row"
	return {
		uid: textOf(board.uid),
		title: textOf(board.title),
		description: textOf(board.description),
		refresh: textOf(board.refresh),
		from: textOf(objectOf(board.time).from),
		headings: placed.filter(isRow).map(({ title }) => textOf(title)),
		variables: listOf(objectOf(board.templating).list).map((variable) => textOf(objectOf(variable).name)),
		panels: placed.filter((panel) => !isRow(panel)).map(readPanel),
	}
}

const withCollapsed = (panel: JsonObject): readonly JsonObject[] => [
	panel,
	...(panel.type === "row" ? listOf(panel.panels).filter(isObject) : []),
]
const yOf = ({ gridPos }: JsonObject) => numberOf(objectOf(gridPos).y)
const xOf = ({ gridPos }: JsonObject) => numberOf(objectOf(gridPos).x)

function readPanel(panel: JsonObject): SharedPanel {
	const { x, w, h } = objectOf(panel.gridPos)
	const { defaults, overrides } = objectOf(panel.fieldConfig)
	return {
		id: numberOf(panel.id),
		title: textOf(panel.title),
		description: textOf(panel.description),
		type: textOf(panel.type),
		size: { x: numberOf(x), w: numberOf(w), h: numberOf(h) },
		queries: listOf(panel.targets)
			.filter(isObject)
			.map((target) => readQuery(target, panel.datasource)),
		transformations: listOf(panel.transformations),
		links: listOf(panel.links)
			.filter(isObject)
			.map(({ title, url }) => ({ title: textOf(title), url: textOf(url) })),
		options: objectOf(panel.options),
		defaults: objectOf(defaults),
		overrides: listOf(overrides),
	}
}

const readQuery = (target: JsonObject, panelSource: Json) => ({
	refId: textOf(target.refId),
	dataSource: dataSourceUid(target.datasource ?? panelSource),
	spec: without(target, "refId", "datasource"),
})
