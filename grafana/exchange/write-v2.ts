import type { Dashboard, Panel, RowPanel } from "@grafana/grafana-foundation-sdk/dashboard"
import {
	type AnnotationQueryKind,
	DashboardCursorSync,
	type Dashboard as DashboardV2,
	type GridLayoutItemKind,
	type GridLayoutKind,
	type PanelKind,
	type RowsLayoutRowKind,
	VariableHide,
	type VariableKind,
} from "@grafana/grafana-foundation-sdk/dashboardv2beta1"
import { isObject, type JsonObject, listOf, numberOf, objectOf, textOf, without } from "./shared-board.ts"

/** A board as a resource of Grafana's API. */
export interface BoardResource {
	readonly apiVersion: "dashboard.grafana.app/v2beta1"
	readonly kind: "Dashboard"
	readonly metadata: { readonly name: string }
	readonly spec: DashboardV2
}

/** The resource of v2 for a board of v1 as we generate it; features that our boards do not use are left out. */
export function writeV2(board: Dashboard & { readonly panels: readonly (Panel | RowPanel)[] }): BoardResource {
	const v1 = JSON.parse(JSON.stringify(board)) as JsonObject
	const panels = listOf(v1.panels).filter(isObject)
	const elements = panels
		.filter(({ type }) => type !== "row")
		.map((panel) => [nameOf(panel), panelKind(panel)] as const)
	return {
		apiVersion: "dashboard.grafana.app/v2beta1",
		kind: "Dashboard",
		metadata: { name: textOf(v1.uid) },
		spec: {
			title: textOf(v1.title),
			description: textOf(v1.description),
			tags: listOf(v1.tags).map(textOf),
			editable: v1.editable === true,
			cursorSync: CURSORS[numberOf(v1.graphTooltip)] ?? DashboardCursorSync.Off,
			preload: false,
			links: listOf(v1.links).map((link) => objectOf(link)) as unknown as DashboardV2["links"],
			annotations: listOf(objectOf(v1.annotations).list).map((each) => annotationKind(objectOf(each))),
			variables: listOf(objectOf(v1.templating).list).map((each) => variableKind(objectOf(each))),
			elements: Object.fromEntries(elements),
			layout: layoutOf(panels),
			timeSettings: {
				timezone: textOf(v1.timezone),
				from: textOf(objectOf(v1.time).from),
				to: textOf(objectOf(v1.time).to),
				autoRefresh: textOf(v1.refresh),
				autoRefreshIntervals: ["5s", "10s", "30s", "1m", "5m", "15m", "30m", "1h", "2h", "1d"],
				hideTimepicker: false,
				fiscalYearStartMonth: 0,
			},
		},
	}
}

/** By the numbers of v1. */
const CURSORS = [DashboardCursorSync.Off, DashboardCursorSync.Crosshair, DashboardCursorSync.Tooltip]

const nameOf = (panel: JsonObject) => `panel-${numberOf(panel.id)}`

function panelKind(panel: JsonObject): PanelKind {
	const { defaults, overrides } = objectOf(panel.fieldConfig)
	return {
		kind: "Panel",
		spec: {
			id: numberOf(panel.id),
			title: textOf(panel.title),
			description: textOf(panel.description),
			links: listOf(panel.links).map((link) => {
				const { title, url, targetBlank } = objectOf(link)
				return { title: textOf(title), url: textOf(url), targetBlank: targetBlank === true }
			}),
			data: {
				kind: "QueryGroup",
				spec: {
					queries: listOf(panel.targets)
						.filter(isObject)
						.map((target) => ({
							kind: "PanelQuery" as const,
							spec: {
								refId: textOf(target.refId),
								hidden: false,
								query: queryKind(target, objectOf(panel.datasource)),
							},
						})),
					transformations: listOf(panel.transformations).map((each) => {
						const { id, ...spec } = objectOf(each)
						return { kind: textOf(id), spec: { id: textOf(id), options: spec.options, ...without(spec, "options") } }
					}),
					queryOptions: {},
				},
			},
			vizConfig: {
				kind: "VizConfig",
				group: textOf(panel.type),
				version: "",
				spec: {
					options: objectOf(panel.options),
					fieldConfig: {
						defaults: objectOf(defaults),
						overrides: listOf(overrides) as PanelKind["spec"]["vizConfig"]["spec"]["fieldConfig"]["overrides"],
					},
				},
			},
		},
	}
}

function queryKind(target: JsonObject, panelSource: JsonObject) {
	const source = objectOf(target.datasource ?? panelSource)
	return {
		kind: "DataQuery" as const,
		group: textOf(source.type),
		version: "v0",
		datasource: { name: textOf(source.uid) },
		spec: without(target, "refId", "datasource"),
	}
}

/** A grid, or a row for each heading; positions within a row begin at its top. */
function layoutOf(panels: readonly JsonObject[]): DashboardV2["layout"] {
	const rows: { title?: string; panels: JsonObject[] }[] = [{ panels: [] }]
	for (const panel of panels) {
		if (panel.type === "row") rows.push({ title: textOf(panel.title), panels: [] })
		else rows.at(-1)?.panels.push(panel)
	}
	const [first = { panels: [] }, ...titled] = rows
	if (titled.length === 0) return grid(first.panels)
	const all = first.panels.length > 0 ? rows : titled
	return {
		kind: "RowsLayout",
		spec: {
			rows: all.map(
				({ title, panels }): RowsLayoutRowKind => ({
					kind: "RowsLayoutRow",
					spec: {
						...(title === undefined ? { title: "", hideHeader: true } : { title }),
						collapse: false,
						layout: grid(panels),
					},
				}),
			),
		},
	}
}

function grid(panels: readonly JsonObject[]): GridLayoutKind {
	const places = panels.map((panel) => ({ panel, at: objectOf(panel.gridPos) }))
	const top = Math.min(...places.map(({ at }) => numberOf(at.y)))
	const items = places.map(
		({ panel, at }): GridLayoutItemKind => ({
			kind: "GridLayoutItem",
			spec: {
				x: numberOf(at.x),
				y: numberOf(at.y) - top,
				width: numberOf(at.w),
				height: numberOf(at.h),
				element: { kind: "ElementReference", name: nameOf(panel) },
			},
		}),
	)
	return { kind: "GridLayout", spec: { items } }
}

function variableKind(variable: JsonObject): VariableKind {
	const common = {
		name: textOf(variable.name),
		label: textOf(variable.label),
		query: textOf(variable.query),
		hide: VariableHide.DontHide,
		skipUrlSync: false,
		current: objectOf(variable.current) as { text: string; value: string; selected?: boolean },
	}
	if (variable.type === "textbox") return { kind: "TextVariable", spec: common }
	return {
		kind: "CustomVariable",
		spec: {
			...common,
			options: listOf(variable.options) as (typeof common.current)[],
			multi: variable.multi === true,
			includeAll: variable.includeAll === true,
			allowCustomValue: variable.allowCustomValue === true,
		},
	}
}

function annotationKind(annotation: JsonObject): AnnotationQueryKind {
	const { type, uid } = objectOf(annotation.datasource)
	return {
		kind: "AnnotationQuery",
		spec: {
			name: textOf(annotation.name),
			enable: annotation.enable === true,
			hide: annotation.hide === true,
			iconColor: textOf(annotation.iconColor),
			builtIn: annotation.builtIn === 1,
			query: { kind: "DataQuery", group: textOf(type), version: "v0", datasource: { name: textOf(uid) }, spec: {} },
		},
	}
}
