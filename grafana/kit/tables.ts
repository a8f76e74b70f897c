import { TableCellDisplayMode, TableCellHeight } from "@grafana/grafana-foundation-sdk/common"
import {
	type DataTransformerConfig,
	type DynamicConfigValue,
	MappingType,
} from "@grafana/grafana-foundation-sdk/dashboard"
import { PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus"
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/table"
import { POSTGRES } from "./datasources.ts"
import { applyCommon, byThreshold, type PanelDef, type PanelInfo } from "./panel.ts"
import { instant, type Query } from "./query.ts"
import { prometheusQuery, type SqlSource, sqlQuery } from "./targets.ts"

/** Display properties of a table's columns, by name. */
type Columns = Readonly<Record<string, readonly DynamicConfigValue[]>>

interface SqlTable extends PanelInfo {
	readonly sql: string
	/** Where it runs; the contract's database by default. */
	readonly source?: SqlSource
	readonly columns: Columns
}

/** Rows of a PostgreSQL statement; its column aliases are the headings. */
export const sqlTable = (spec: SqlTable): PanelDef => ({
	...spec,
	shows: [],
	sql: [spec.sql],
	build: () =>
		table(spec, [])
			.datasource(spec.source ?? POSTGRES)
			.targets([sqlQuery(spec.sql, spec.source)]),
})

interface VectorTable extends PanelInfo {
	readonly shows: Query
	/** Labels to show as columns, in this order, with their headings. */
	readonly labels: Readonly<Record<string, string>>
	/** Heading of the value's column; absent to show the labels only. */
	readonly value?: string
	readonly columns: Columns
}

/** One row for each series of an instant vector. */
export function vectorTable(spec: VectorTable): PanelDef {
	const query = instant(spec.shows)
	return {
		...spec,
		shows: [query],
		sql: [],
		build: () =>
			table(spec, [query])
				.targets([prometheusQuery(query, 0, PromQueryFormat.Table)])
				.transformations([keepColumns(spec)]),
	}
}

function table(spec: PanelInfo & { columns: Columns }, shows: readonly Query[]): PanelBuilder {
	const panel = applyCommon(new PanelBuilder(), spec, shows)
		.colorScheme(byThreshold())
		.cellHeight(TableCellHeight.Sm)
		.showHeader(true)
		.filterable(true)
	panel.overrideByRegexp(".*", [{ id: "noValue", value: "–" }])
	for (const [name, properties] of Object.entries(spec.columns)) panel.overrideByName(name, [...properties])
	return panel
}

/** Names and orders the columns, and drops the others: the query's time and unlisted labels. */
function keepColumns({ labels, value }: VectorTable): DataTransformerConfig {
	const names = [...Object.keys(labels), ...(value ? ["Value"] : [])]
	return {
		id: "organize",
		options: {
			includeByName: Object.fromEntries(names.map((name) => [name, true])),
			indexByName: Object.fromEntries(names.map((name, index) => [name, index])),
			renameByName: { ...labels, ...(value ? { Value: value } : {}) },
		},
	}
}

/** A link from a cell to a board, with the cell's value as a variable there, in the same time range. */
export const linkToBoard = (title: string, uid: string, name: string): DynamicConfigValue => ({
	id: "links",
	value: [{ title, url: `/d/${uid}?var-${name}=\${__value.raw:percentencode}&\${__url_time_range}` }],
})

/** Colours for values; other values keep the colour of text. */
export const colouredText = (colours: Readonly<Record<string, string>>): DynamicConfigValue[] => [
	{ id: "custom.cellOptions", value: { type: TableCellDisplayMode.ColorText } },
	{
		id: "mappings",
		value: [
			{
				type: MappingType.ValueToText,
				options: Object.fromEntries(
					Object.entries(colours).map(([value, color], index) => [
						value,
						{ text: value.replace("_", " "), color, index },
					]),
				),
			},
		],
	},
]
