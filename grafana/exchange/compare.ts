import { isDeepStrictEqual } from "node:util"
import { addedToPanel, addedToQuery } from "./set-by-grafana.ts"
import {
	isObject,
	type Json,
	type JsonObject,
	type SharedBoard,
	type SharedPanel,
	type SharedQuery,
} from "./shared-board.ts"

/** A property that differs, with both values; undefined where one lacks it. */
export interface Difference {
	/** Such as "title", "query A expr", or "options.legend.calcs". */
	readonly property: string
	readonly ours: Json
	readonly theirs: Json
}

export interface PanelChange {
	readonly kind: "added" | "removed" | "changed" | "moved"
	readonly panel: SharedPanel
	readonly differences: readonly Difference[]
}

export interface BoardChange {
	/** Differences of the board itself. */
	readonly board: readonly Difference[]
	readonly panels: readonly PanelChange[]
}

/** What is different in a board that was changed in Grafana. Values that Grafana adds when it saves are no difference. */
export function compareBoards(ours: SharedBoard, theirs: SharedBoard): BoardChange {
	const before = new Map(ours.panels.map((panel) => [panel.id, panel]))
	const after = new Map(theirs.panels.map((panel) => [panel.id, panel]))
	const moved = movedPanels(
		ours.panels.map(({ id }) => id).filter((id) => after.has(id)),
		theirs.panels.map(({ id }) => id).filter((id) => before.has(id)),
	)
	return {
		board: (["title", "description", "refresh", "from", "headings", "variables"] as const).flatMap((property) =>
			difference(property, ours[property], theirs[property]),
		),
		panels: [
			...theirs.panels.flatMap((panel): PanelChange[] => {
				const own = before.get(panel.id)
				if (own === undefined) return [{ kind: "added", panel, differences: [] }]
				const differences = comparePanels(own, panel)
				if (differences.length > 0)
					return [{ kind: "changed", panel: own, differences: [...differences, ...place(panel)] }]
				return moved.has(panel.id) ? [{ kind: "moved", panel: own, differences: place(panel) }] : []
			}),
			...ours.panels
				.filter(({ id }) => !after.has(id))
				.map((panel): PanelChange => ({ kind: "removed", panel, differences: [] })),
		],
	}

	function place({ id }: SharedPanel): Difference[] {
		return moved.has(id) ? [{ property: "place", ours: placeIn(ours, id), theirs: placeIn(theirs, id) }] : []
	}
}

function placeIn({ panels }: SharedBoard, id: number): string {
	const before = panels[panels.findIndex((panel) => panel.id === id) - 1]
	return before === undefined ? "first" : `after ${before.title}`
}

/** The panels that are elsewhere in the reading order: all but the longest run that kept its order. */
function movedPanels(before: readonly number[], after: readonly number[]): ReadonlySet<number> {
	const rank = new Map(before.map((id, index) => [id, index]))
	const runs: number[][] = []
	after.forEach((id, index) => {
		const earlier = after.slice(0, index).map((other, at) => ({ other, run: runs[at] ?? [] }))
		const fitting = earlier.filter(({ other }) => (rank.get(other) ?? 0) < (rank.get(id) ?? 0))
		const longest = fitting.reduce<readonly number[]>((best, { run }) => (run.length > best.length ? run : best), [])
		runs.push([...longest, id])
	})
	const kept = new Set(runs.reduce<readonly number[]>((best, run) => (run.length > best.length ? run : best), []))
	return new Set(after.filter((id) => !kept.has(id)))
}

function comparePanels(ours: SharedPanel, theirs: SharedPanel): Difference[] {
	return [
		...(["title", "description", "type"] as const).flatMap((name) => difference(name, ours[name], theirs[name])),
		...(theirs.size === undefined ? [] : difference("size", ours.size, theirs.size)),
		...compareQueries(ours.queries, theirs.queries),
		...compareObjects("", ours.defaults, theirs.defaults, addedToPanel),
		...compareObjects("options.", ours.options, theirs.options, addedToPanel),
		...difference("overrides", ours.overrides, theirs.overrides),
		...difference("transformations", ours.transformations, theirs.transformations),
		...difference("links", ours.links, theirs.links),
	]
}

function compareQueries(ours: readonly SharedQuery[], theirs: readonly SharedQuery[]): Difference[] {
	const after = new Map(theirs.map((query) => [query.refId, query]))
	const before = new Map(ours.map((query) => [query.refId, query]))
	return [
		...ours.flatMap((query) => {
			const other = after.get(query.refId)
			const name = `query ${query.refId}`
			if (other === undefined) return [{ property: name, ours: query.spec, theirs: undefined }]
			const open = query.dataSource === undefined || other.dataSource === undefined
			return [
				...(open ? [] : difference(`${name} data source`, query.dataSource, other.dataSource)),
				...compareObjects("", query.spec, other.spec, addedToQuery).map((each) => ({
					...each,
					property: `${name} ${each.property}`,
				})),
			]
		}),
		...theirs
			.filter(({ refId }) => !before.has(refId))
			.map(({ refId, spec }) => ({ property: `query ${refId}`, ours: undefined, theirs: spec })),
	]
}

/** Differences by leaf, with the path of each. */
function compareObjects(
	path: string,
	ours: JsonObject,
	theirs: JsonObject,
	isAdded: (path: string, value: Json) => boolean,
): Difference[] {
	return [...new Set([...Object.keys(ours), ...Object.keys(theirs)])].flatMap((name) => {
		const [one, other] = [ours[name], theirs[name]]
		if (isObject(other) && (one === undefined || isObject(one)))
			return compareObjects(`${path}${name}.`, one ?? {}, other, isAdded)
		if (one === undefined && isAdded(`${path}${name}`, other)) return []
		return difference(`${path}${name}`, one, other)
	})
}

const difference = (property: string, ours: Json, theirs: Json): Difference[] =>
	isDeepStrictEqual(plain(ours), plain(theirs)) ? [] : [{ property, ours, theirs }]

/** Without keys of undefined, and with the first threshold's lower end as v1 writes it. */
function plain(value: Json): Json {
	if (Array.isArray(value)) return value.map(plain)
	if (!isObject(value)) return value
	const entries = Object.entries(value).filter(([, each]) => each !== undefined)
	const isStep = "color" in value && !("value" in value) && entries.length === 1
	return Object.fromEntries([
		...entries.map(([name, each]) => [name, plain(each)]),
		...(isStep ? [["value", null]] : []),
	])
}
