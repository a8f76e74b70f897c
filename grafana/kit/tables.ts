import { TableCellDisplayMode, TableCellHeight } from "@grafana/grafana-foundation-sdk/common"
import {
	type DataTransformerConfig,
	type DynamicConfigValue,
	MappingType,
} from "@grafana/grafana-foundation-sdk/dashboard"
import { PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus"
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/table"
import { POSTGRES } from "./datasources.ts"
import { type About, byThreshold, dress, type PanelDef } from "./panel.ts"
import { prometheusQuery, sqlQuery } from "./query.ts"
import { now, type Shown } from "./shown.ts"

/** How the columns of a table are shown, by their names. */
type Columns = Readonly<Record<string, readonly DynamicConfigValue[]>>

interface SqlTable extends About {
	readonly sql: string
	readonly columns: Columns
}

/** Rows of a PostgreSQL statement; its column aliases are the headings. */
export const sqlTable = (spec: SqlTable): PanelDef => ({
	...spec,
	shows: [],
	sql: [spec.sql],
	build: () =>
		table(spec, [])
			.datasource(POSTGRES)
			.targets([sqlQuery(spec.sql)]),
})

interface VectorTable extends About {
	readonly shows: Shown
	/** Labels to show as columns, in this order, under these headings. */
	readonly labels: Readonly<Record<string, string>>
	/** Heading of the value's column; without one, the labels alone are the message. */
	readonly value?: string
	readonly columns: Columns
}

/** One row for each series of an instant vector. */
export function vectorTable(spec: VectorTable): PanelDef {
	const shown = now(spec.shows)
	return {
		...spec,
		shows: [shown],
		sql: [],
		build: () =>
			table(spec, [shown])
				.targets([prometheusQuery(shown, 0, PromQueryFormat.Table)])
				.transformations([keepColumns(spec)]),
	}
}

function table(spec: About & { columns: Columns }, shows: readonly Shown[]): PanelBuilder {
	const panel = dress(new PanelBuilder(), spec, shows)
		.colorScheme(byThreshold())
		.cellHeight(TableCellHeight.Sm)
		.showHeader(true)
		.filterable(true)
	panel.overrideByRegexp(".*", [{ id: "noValue", value: "–" }])
	for (const [name, properties] of Object.entries(spec.columns)) panel.overrideByName(name, [...properties])
	return panel
}

/** Names and orders the columns and drops what is not named: the query's time, and labels nobody reads. */
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

/** A word in its colour; words that are not named keep the colour of text. */
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
