import { expect, it } from "vitest"
import { incidentDetection } from "../../../core/catalogue/subjects/incidents.ts"
import { bucketOf, readHistogram } from "./histogram.ts"

it.each([
	[0, 0],
	[1, 0],
	[1.5, 1],
	[10, 1],
	[11, 2],
])("puts %d into bucket %d of bounds 1 and 10", (value, bucket) => {
	expect(bucketOf([1, 10], value)).toBe(bucket)
})

it("reads back one sample for each set of labels, with nothing where nothing was observed", () => {
	const name = incidentDetection.name
	const labels = '{"severity":"critical"}'
	const rows = [
		{ series: `${name}_bucket_0`, labels, value: 3 },
		{ series: `${name}_bucket_9`, labels, value: 1 },
		{ series: `${name}_sum`, labels, value: 9000 },
		{ series: "something_else_sum", labels, value: 1 },
	]
	expect(readHistogram(incidentDetection, rows)).toEqual([
		{ series: incidentDetection, labels: { severity: "critical" }, counts: [3, 0, 0, 0, 0, 0, 0, 0, 0, 1], sum: 9000 },
	])
})
