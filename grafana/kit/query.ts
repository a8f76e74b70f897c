import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog"
import { DataqueryBuilder, PromQueryFormat, QueryEditorMode } from "@grafana/grafana-foundation-sdk/prometheus"
import { POSTGRES, PROMETHEUS } from "./datasources.ts"
import type { Shown } from "./shown.ts"

/** A, B, C… as Grafana names a panel's queries. */
export const refId = (index: number): string => String.fromCharCode("A".charCodeAt(0) + index)

export function prometheusQuery(shown: Shown, index: number, format = PromQueryFormat.TimeSeries): DataqueryBuilder {
	const query = new DataqueryBuilder()
		.datasource(PROMETHEUS)
		.refId(refId(index))
		.expr(shown.expr.text)
		.legendFormat(shown.legend)
		.editorMode(QueryEditorMode.Code)
		.format(format)
	return shown.instant ? query.instant() : query.range().interval(shown.step)
}

/** A query of the PostgreSQL data source, for which the SDK has no builder. */
export interface SqlQuery extends Dataquery {
	readonly refId: string
	readonly datasource: typeof POSTGRES
	readonly rawSql: string
	readonly rawQuery: true
	readonly editorMode: "code"
	readonly format: "table"
}

export const sqlQuery = (sql: string, index = 0): Builder<SqlQuery> => ({
	build: () => ({
		refId: refId(index),
		datasource: POSTGRES,
		rawSql: sql.trim(),
		rawQuery: true,
		editorMode: "code",
		format: "table",
		_implementsDataqueryVariant: () => undefined,
	}),
})
