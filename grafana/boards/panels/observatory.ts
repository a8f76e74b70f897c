import { part, promql } from "../../../core/catalogue/promql.ts"
import {
	buildInfo,
	collectorDuration,
	collectorLastSuccess,
	collectorSuccess,
	collectorsFailing,
	httpRequestDuration,
	labelValuesFolded,
} from "../../../core/catalogue/subjects/observatory.ts"
import { band } from "../../kit/layout.ts"
import { formula, increase, latest, quantile, recorded } from "../../kit/query.ts"
import { vectorTable } from "../../kit/tables.ts"
import { none } from "../../kit/thresholds.ts"
import { UNITS } from "../../kit/units.ts"
import { stat, timeseries } from "../../kit/visuals.ts"

const empty = "The exporters have not been scraped yet"

const failing = stat({
	key: "collectors-failing",
	title: "Failing Collectors",
	empty,
	shows: [recorded(collectorsFailing, "Failing")],
	thresholds: none,
})

const success = timeseries({
	key: "collector-success",
	title: "Healthy Collectors",
	empty,
	shows: [
		formula(promql`min by (collector) (${collectorSuccess})`, {
			measure: "count",
			legend: "{{collector}}",
			meaning: collectorSuccess.help,
		}),
	],
})

const age = vectorTable({
	key: "collector-age",
	title: "Time Since Last Success",
	empty,
	shows: formula(promql`sort_desc(time() - (min by (collector) (${collectorLastSuccess}) > 0))`, {
		measure: "age",
		legend: "{{collector}}",
		meaning: "For how long each collector has not succeeded; one that never has is not listed.",
	}),
	labels: { collector: "Collector" },
	value: "Ago",
	columns: { Ago: [{ id: "unit", value: UNITS.age }] },
})

const duration = timeseries({
	key: "collector-duration",
	title: "Duration of Collections",
	empty,
	shows: [latest(collectorDuration, { by: ["collector"] })],
})

const requests = timeseries({
	key: "http-requests",
	title: "Requests to Our Servers",
	empty: "No request yet",
	shows: [
		formula(promql`sum by (status) (rate(${part(httpRequestDuration, "count")}[5m]))`, {
			measure: "per_second",
			legend: "{{status}}",
			meaning: "Requests per second to our own HTTP servers by status class, over 5m.",
		}),
	],
})

const slowness = timeseries({
	key: "http-duration",
	title: "Duration of Requests",
	empty: "No request yet",
	shows: [quantile(httpRequestDuration, 0.95, { by: ["route"], window: "5m" })],
})

const folded = timeseries({
	key: "labels-folded",
	title: "Label Values Folded per Hour",
	empty: "No label value has been folded",
	shows: [increase(labelValuesFolded, { by: ["series", "label"] })],
})

const versions = vectorTable({
	key: "versions",
	title: "Running Versions",
	empty,
	shows: latest(buildInfo, { by: ["service", "version"] }),
	labels: { service: "Service", version: "Version" },
	columns: {},
})

export const observatoryBands = [
	band(7, failing, success, age, duration),
	band(7, requests, slowness, folded, versions),
]
