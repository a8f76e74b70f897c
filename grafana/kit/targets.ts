import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog"
import { DataqueryBuilder, PromQueryFormat, QueryEditorMode } from "@grafana/grafana-foundation-sdk/prometheus"
import { POSTGRES, PROMETHEUS, type TELEMETRY } from "./datasources.ts"
import type { Query } from "./query.ts"

/** A, B, C…: Grafana's ids of a panel's queries. */
export const refId = (index: number): string => String.fromCharCode("A".charCodeAt(0) + index)

export function prometheusQuery(query: Query, index: number, format = PromQueryFormat.TimeSeries): DataqueryBuilder {
	const target = new DataqueryBuilder()
		.datasource(PROMETHEUS)
		.refId(refId(index))
		.expr(query.expr.text)
		.legendFormat(query.legend)
		.editorMode(QueryEditorMode.Code)
		.format(format)
	return query.instant ? target.instant() : target.range().interval(query.step)
}

/** A data source of PostgreSQL. */
export type SqlSource = typeof POSTGRES | typeof TELEMETRY

/** A query of a PostgreSQL data source, for which the SDK has no builder. */
export interface SqlQuery extends Dataquery {
	readonly refId: string
	readonly datasource: SqlSource
	readonly rawSql: string
	readonly rawQuery: true
	readonly editorMode: "code"
	readonly format: "table"
}

export const sqlQuery = (sql: string, source: SqlSource = POSTGRES, index = 0): Builder<SqlQuery> => ({
	build: () => ({
		refId: refId(index),
		datasource: source,
		rawSql: sql.trim(),
		rawQuery: true,
		editorMode: "code",
		format: "table",
		_implementsDataqueryVariant: () => undefined,
	}),
})
