import { readFileSync } from "node:fs"
import path from "node:path"
import pg from "pg"
import { expect, inject, it, onTestFinished } from "vitest"
import { migratedDatabase } from "../support/template-database.ts"

const sql = readFileSync(path.resolve(import.meta.dirname, "../../core/db/migrations/0020_incident_ended.sql"), "utf8")
const SERIES = "observatory_remediations_withheld_total"

it("the reason incident_over is incident_ended everywhere, with its totals, and no other row changes", async () => {
	const client = new pg.Client(await migratedDatabase(inject("postgresUrl")))
	onTestFinished(() => client.end())
	await client.connect()
	// As it was before, with what the previous release wrote.
	await client.query("alter index observatory.incidents_with_verdict rename to incidents_judged")
	const { rows } = await client.query(
		`insert into observatory.incidents (fingerprint, alertname, severity, status, starts_at, labels, annotations)
			values ('f', 'n', 'critical', 'resolved', now(), '{}', '{}') returning id`,
	)
	const { id } = rows[0]
	for (const [action, reason] of [
		["restartWorker", "incident_over"],
		["emergencyStop", "busy"],
	]) {
		await client.query(
			"insert into observatory.remediations (incident_id, action, target, state, reason, plan, proposed_at) values ($1, $2, 'w', 'withheld', $3, '[]', now())",
			[id, action, reason],
		)
		await client.query(
			"insert into observatory.incident_timeline (incident_id, actor, kind, details) values ($1, 'system', 'remediation_withheld', $2)",
			[id, { action, reason }],
		)
	}
	const total = "insert into observatory.totals (reader, series, labels, value) values ('alert-webhook', $1, $2, $3)"
	await client.query(total, [SERIES, '{"action":"restartWorker","reason":"incident_over"}', 3])
	await client.query(total, [SERIES, '{"action":"restartWorker","reason":"busy"}', 2])

	await client.query(sql)

	const column = async (query: string) => (await client.query({ text: query, rowMode: "array" })).rows
	expect(await column("select reason from observatory.remediations order by action")).toEqual([
		["busy"],
		["incident_ended"],
	])
	expect(await column("select details from observatory.incident_timeline order by details ->> 'action'")).toEqual([
		[{ action: "emergencyStop", reason: "busy" }],
		[{ action: "restartWorker", reason: "incident_ended" }],
	])
	expect(
		await column(`select labels, value from observatory.totals where series = '${SERIES}' order by value`),
	).toEqual([
		['{"action":"restartWorker","reason":"busy"}', 2],
		['{"action":"restartWorker","reason":"incident_ended"}', 3],
	])
	expect(
		await column("select indexname from pg_indexes where indexname in ('incidents_judged', 'incidents_with_verdict')"),
	).toEqual([["incidents_with_verdict"]])
})
