import type { Alert } from "../../core/alerts/model.ts"
import { formatDuration } from "../../core/lib/config.ts"
import type { InputSeries } from "./series.ts"

/** One promtool unit test. */
export interface UnitTest {
	readonly name: string
	readonly interval: string
	readonly input_series: readonly InputSeries[]
	readonly promql_expr_test: readonly {
		readonly expr: string
		readonly eval_time: string
		readonly exp_samples: readonly { readonly labels: string; readonly value: number }[]
	}[]
}

/** Whether an alert fires at a time, or is active: pending or firing. */
export interface Check {
	readonly at: number
	readonly state: "firing" | "active"
	readonly is: boolean
}

export const expectation = ({ name, severity }: Alert, { at, state, is }: Check) => ({
	expr: `count(ALERTS{alertname="${name}",severity="${severity}"${state === "firing" ? ',alertstate="firing"' : ""}})`,
	eval_time: formatDuration(at),
	exp_samples: is ? [{ labels: "{}", value: 1 }] : [],
})

/** A test of one alert with series that were written for it; checks in order of time. */
export const unitTest = (
	alert: Alert,
	what: string,
	stepMs: number,
	series: readonly InputSeries[],
	checks: readonly Check[],
): UnitTest => ({
	name: `${alert.name} (${alert.severity}) ${what}`,
	interval: formatDuration(stepMs),
	input_series: series,
	promql_expr_test: [...checks].sort((a, b) => a.at - b.at).map((check) => expectation(alert, check)),
})
