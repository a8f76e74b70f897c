import { readFileSync } from "node:fs"
import path from "node:path"
import { expect, inject, it, onTestFinished } from "vitest"
import { countersCollector, keepCounted } from "../../alert-webhook/store/counters/counted.ts"
import { incidentAcknowledgement } from "../../core/catalogue/subjects/incidents.ts"
import { createDatabase as connect, createPool } from "../../core/db/client.ts"
import { migrate } from "../../core/db/migrate.ts"
import { Tally } from "../../core/metrics/durable.ts"
import { MetricRegistry } from "../../core/metrics/registry.ts"
import { createDatabase } from "../support/postgres.ts"

const folder = path.resolve(import.meta.dirname, "../../core/db/migrations")
const TAG = "0015_histogram_buckets"

/** What a receiver of version 0.1.0 wrote after three incidents, and what an exporter keeps beside it. */
const ROWS: readonly (readonly [reader: string, series: string, labels: string, value: number])[] = [
	["alert-webhook", "observatory_incident_acknowledgement_seconds_bucket_0", '{"severity":"warning"}', 4],
	["alert-webhook", "observatory_incident_acknowledgement_seconds_sum", '{"severity":"warning"}', 60],
	["alert-webhook", "observatory_incident_resolution_seconds_bucket_10", '{"remediated":"yes","severity":"info"}', 1],
	["alert-webhook", "observatory_incident_resolution_seconds_bucket_2", '{"remediated":"no","severity":"critical"}', 2],
	["alert-webhook", "observatory_incident_resolution_seconds_sum", '{"remediated":"no","severity":"critical"}', 500],
	["alert-webhook", "observatory_incident_resolution_seconds_sum", '{"remediated":"yes","severity":"info"}', 100000],
	["alert-webhook", "observatory_escalations_late_total", "{}", 3],
	["another reader", "observatory_incident_detection_seconds_bucket_1", '{"severity":"critical"}', 8],
]

/** The series that version 0.1.0 exposed of these rows, each with the buckets of its cumulative counts. */
const EXPOSED: readonly (readonly [name: string, labels: string, cumulative: readonly number[], sum: number])[] = [
	["acknowledgement", 'severity="warning"', [4, 4, 4, 4, 4, 4, 4, 4, 4, 4], 60],
	["resolution", 'severity="critical",remediated="no"', [0, 0, 2, 2, 2, 2, 2, 2, 2, 2, 2], 500],
	["resolution", 'severity="info",remediated="yes"', [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 100000],
]
const BOUNDS: Readonly<Record<string, readonly string[]>> = {
	acknowledgement: ["30", "60", "120", "300", "600", "900", "1800", "3600", "7200", "+Inf"],
	resolution: ["60", "120", "300", "600", "1200", "1800", "3600", "7200", "14400", "86400", "+Inf"],
}
const lines = EXPOSED.flatMap(([name, labels, cumulative, sum]) => {
	const series = `observatory_incident_${name}_seconds`
	return [
		...cumulative.map((n, i) => `${series}_bucket{${labels},le="${BOUNDS[name]?.[i]}"} ${n}`),
		`${series}_sum{${labels}} ${sum}`,
		`${series}_count{${labels}} ${cumulative.at(-1)}`,
	]
})

it("the receiver's histograms are exposed after the migration exactly as before it, and continue", async () => {
	const url = await createDatabase(inject("postgresUrl"))
	await migrate(url)
	const pool = createPool(url, { applicationName: "test", max: 2 })
	onTestFinished(() => pool.end())
	const db = connect(pool)
	// As it was: the rows by number of bucket, and the migration that is still to come.
	for (const row of ROWS)
		await pool.query("insert into observatory.totals (reader, series, labels, value) values ($1, $2, $3, $4)", [...row])
	await pool.query(readFileSync(path.join(folder, `${TAG}.sql`), "utf8"))

	const telemetry = new MetricRegistry()
	telemetry.collect(countersCollector({ db }))
	const exposed = async () => {
		await telemetry.runOnce()
		return (await telemetry.exposeAll()).split("\n")
	}
	expect(await exposed()).toEqual(expect.arrayContaining([...lines, "observatory_escalations_late_total 3"]))
	const grown = (await exposed()).filter((line) => /^observatory_incident_.*_count/.test(line) && !line.endsWith(" 0"))
	expect(grown).toHaveLength(EXPOSED.length)
	const { rows } = await pool.query<{ reader: string }>(
		"select reader from observatory.totals where series ~ '_bucket_\\d+$'",
	)
	expect(rows).toEqual([{ reader: "another reader" }])

	const tally = new Tally()
	tally.observe(incidentAcknowledgement, { severity: "warning" }, 40)
	await db.transaction((tx) => keepCounted(tx, tally))
	expect(await exposed()).toEqual(
		expect.arrayContaining([
			'observatory_incident_acknowledgement_seconds_bucket{severity="warning",le="60"} 5',
			'observatory_incident_acknowledgement_seconds_count{severity="warning"} 5',
			'observatory_incident_acknowledgement_seconds_sum{severity="warning"} 100',
		]),
	)
})
