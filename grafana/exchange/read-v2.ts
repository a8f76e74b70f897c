import {
	dataSourceUid,
	isObject,
	type JsonObject,
	listOf,
	numberOf,
	objectOf,
	type SharedBoard,
	type SharedPanel,
	type SharedQuery,
	textOf,
} from "./shared-board.ts"

/** Reads the spec of a board of the v2 format: the resource that Grafana 13 saves and Grafana 12 can export. */
export function readV2(spec: JsonObject, uid: string): SharedBoard {
	const time = objectOf(spec.timeSettings)
	const elements = objectOf(spec.elements)
	const { places, headings } = readLayout(objectOf(spec.layout))
	const named = new Set(places.map(({ name }) => name))
	const unplaced = Object.keys(elements).filter((name) => !named.has(name))
	return {
		uid,
		title: textOf(spec.title),
		description: textOf(spec.description),
		refresh: textOf(time.autoRefresh),
		from: textOf(time.from),
		headings,
		variables: listOf(spec.variables).map((variable) => textOf(objectOf(objectOf(variable).spec).name)),
		panels: [...places, ...unplaced.map((name): Place => ({ name, size: undefined }))].flatMap(({ name, size }) => {
			const element = objectOf(elements[name])
			return element.kind === "Panel" ? [readPanel(objectOf(element.spec), size)] : []
		}),
	}
}

interface Place {
	readonly name: string
	readonly size: SharedPanel["size"]
}

interface Layout {
	readonly places: readonly Place[]
	readonly headings: readonly string[]
}

/** The elements in reading order. Rows and tabs have layouts of their own. */
function readLayout(layout: JsonObject): Layout {
	const { items, rows, tabs } = objectOf(layout.spec)
	const groups = [...listOf(rows), ...listOf(tabs)].map((group) => objectOf(objectOf(group).spec))
	const within = groups.map((group) => ({ group, ...readLayout(objectOf(group.layout)) }))
	const here = listOf(items)
		.map((item) => objectOf(objectOf(item).spec))
		.sort((a, b) => numberOf(a.y) - numberOf(b.y) || numberOf(a.x) - numberOf(b.x))
		.map((item) => ({ name: textOf(objectOf(item.element).name), size: sizeOf(item) }))
	return {
		places: [...here, ...within.flatMap(({ places }) => places)],
		// Panels before the first heading are in a row without one.
		headings: within.flatMap(({ group, headings }) => [
			...(group.hideHeader === true || textOf(group.title) === "" ? [] : [textOf(group.title)]),
			...headings,
		]),
	}
}

const sizeOf = (item: JsonObject): SharedPanel["size"] =>
	typeof item.width === "number" ? { x: numberOf(item.x), w: item.width, h: numberOf(item.height) } : undefined

function readPanel(panel: JsonObject, size: SharedPanel["size"]): SharedPanel {
	const data = objectOf(objectOf(panel.data).spec)
	const visual = objectOf(panel.vizConfig)
	const { options, fieldConfig } = objectOf(visual.spec)
	const { defaults, overrides } = objectOf(fieldConfig)
	return {
		id: numberOf(panel.id),
		title: textOf(panel.title),
		description: textOf(panel.description),
		// v2alpha1 has the visualisation's name as the kind.
		type: textOf(visual.group) || textOf(visual.kind),
		size,
		queries: listOf(data.queries).map((query) => readQuery(objectOf(objectOf(query).spec))),
		transformations: listOf(data.transformations).map((each) => {
			const { kind, group, spec } = objectOf(each)
			const { id, ...rest } = objectOf(spec)
			return { id: textOf(id) || textOf(group) || textOf(kind), ...rest }
		}),
		links: listOf(panel.links)
			.filter(isObject)
			.map(({ title, url }) => ({ title: textOf(title), url: textOf(url) })),
		options: objectOf(options),
		defaults: objectOf(defaults),
		overrides: listOf(overrides),
	}
}

function readQuery({ refId, hidden, query, datasource }: JsonObject): SharedQuery {
	const { datasource: source, spec } = objectOf(query)
	return {
		refId: textOf(refId),
		dataSource: dataSourceUid(source ?? datasource),
		spec: hidden === true ? { ...objectOf(spec), hide: true } : objectOf(spec),
	}
}
