import { atMost, counter, gauge, histogram, oneOf, path, recording, subject } from "../define.ts"
import { promql } from "../promql.ts"

/** Why a number of another program is not used. */
export const VALUE_REFUSALS = ["not_a_number", "infinite", "negative", "implausible"] as const
export type ValueRefusal = (typeof VALUE_REFUSALS)[number]

const collector = atMost(40, "the collector's name")

export const collectorSuccess = gauge({
	name: "observatory_collector_success",
	group: "observatory",
	quantity: "count",
	help: "1 if the collector's latest run succeeded, 0 if it failed, timed out or has not run yet. While it is 0 only totals that are kept in our database are present, as they were counted last.",
	labels: { collector },
	emitter: "telemetry",
	essential: true,
})

export const collectorDuration = gauge({
	name: "observatory_collector_duration_seconds",
	group: "observatory",
	quantity: "seconds",
	help: "How long the collector's latest run took, successful or not.",
	labels: { collector },
	emitter: "telemetry",
})

export const collectorLastSuccess = gauge({
	name: "observatory_collector_last_success_timestamp_seconds",
	group: "observatory",
	quantity: "timestamp",
	help: "When the collector last succeeded, in seconds since the epoch; 0 before the first time.",
	labels: { collector },
	emitter: "telemetry",
})

export const labelValuesFolded = counter({
	name: "observatory_label_values_folded_total",
	group: "observatory",
	quantity: "count",
	help: "Samples whose label value was over the label's cap, or not among its values, and was counted under other.",
	labels: { series: atMost(500, "the series"), label: atMost(50, "the label") },
	emitter: "telemetry",
})

export const valuesRefused = counter({
	name: "observatory_values_refused_total",
	group: "observatory",
	quantity: "count",
	help: "Values of rows, transcripts, answers or telemetry that were not used because their number cannot be right, by series and why.",
	labels: { series: atMost(500, "the series"), reason: oneOf(...VALUE_REFUSALS) },
	emitter: "telemetry",
})

export const crashes = counter({
	name: "observatory_crashes_total",
	group: "observatory",
	quantity: "count",
	help: "Times that the program ended because of an error that nothing handled, and was started again; its log has the error. Kept in the database.",
	labels: { kind: oneOf("uncaughtException", "unhandledRejection") },
	emitter: "telemetry",
})

/** `no_place`: a label had none left for the value, which is counted under `other`. */
export const REFUSAL_REASONS = ["not_finite", "out_of_range", "no_place"] as const
export type RefusalReason = (typeof REFUSAL_REASONS)[number]

export const contractValuesRefused = counter({
	name: "observatory_contract_values_refused_total",
	group: "observatory",
	quantity: "count",
	help: "Values in the contract's views that could not be used, by view and reason: numbers that no row can have, which were left out, and label values without a place, which were counted under other. Kept in the database.",
	labels: { view: atMost(20, "the view of the contract"), reason: oneOf(...REFUSAL_REASONS) },
	emitter: "contract",
})

export const contractRestarts = counter({
	name: "observatory_contract_restarts_total",
	group: "observatory",
	quantity: "count",
	help: "Times that the numbers of a view's rows began again, as after a truncation or a restored dump; the new rows are counted on. Kept in the database.",
	labels: { view: atMost(20, "the view of the contract") },
	emitter: "contract",
})

export const auditEntries = gauge({
	name: "observatory_audit_entries",
	group: "observatory",
	quantity: "count",
	help: "Entries of the audit chain, read once a minute. It never falls: a chain that has become shorter was cut off.",
	labels: {},
	emitter: "webhook",
})

export const auditFaults = gauge({
	name: "observatory_audit_faults",
	group: "observatory",
	quantity: "count",
	help: "Signs that the audit log was changed or may be: ends of the chain that are gone, and triggers that are missing, disabled or replaced.",
	labels: { kind: oneOf("chain", "triggers") },
	emitter: "webhook",
})

export const auditActions = counter({
	name: "observatory_audit_actions_total",
	group: "observatory",
	quantity: "count",
	help: "Entries of the audit log by what was done; the log itself, on the console's page Audit, says by whom and to what.",
	labels: { action: atMost(40, "what was done, such as incident.acknowledge") },
	emitter: "webhook",
})

export const buildInfo = gauge({
	name: "observatory_build_info",
	group: "observatory",
	quantity: "count",
	help: "1, labelled with what runs.",
	labels: { version: atMost(5, "version of mcp-observatory"), service: oneOf("exporters", "alert-webhook") },
	emitter: "telemetry",
})

export const httpRequestDuration = histogram({
	name: "observatory_http_request_duration_seconds",
	group: "observatory",
	quantity: "seconds",
	help: "Duration of requests to our own HTTP servers, by route pattern and status class.",
	labels: {
		method: oneOf("GET", "POST", "PUT", "PATCH", "DELETE", "other"),
		route: atMost(100, "the route's pattern, never the path"),
		status: oneOf("1xx", "2xx", "3xx", "4xx", "5xx"),
	},
	buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
	emitter: "telemetry",
})

export const collectorsFailing = recording({
	name: "observatory:collectors_failing:count",
	quantity: "count",
	help: "Collectors whose latest run failed.",
	formula: "number of collectors with success = 0",
	expr: promql`count(min by (collector) (${collectorSuccess}) == 0) or 0 * count(${collectorSuccess})`,
	labels: [],
})

export default subject({
	title: "The observatory itself",
	series: [
		collectorSuccess,
		collectorDuration,
		collectorLastSuccess,
		labelValuesFolded,
		valuesRefused,
		crashes,
		contractValuesRefused,
		contractRestarts,
		auditEntries,
		auditFaults,
		auditActions,
		buildInfo,
		httpRequestDuration,
	],
	recordings: [collectorsFailing],
	paths: [
		path({
			path: "observatory.collectorsFailing",
			quantity: "count",
			help: collectorsFailing.help,
			value: { of: collectorsFailing },
		}),
	],
})
