import { beforeEach, describe, expect, inject, it, onTestFinished } from "vitest"
import { createPool } from "../../core/db/client.ts"
import { installContract } from "../../core/db/contract/install.ts"
import { silentLogger } from "../../core/lib/log.ts"
import { eventStream } from "../../exporters/autonomous/events.ts"
import { diagnoseSource } from "../../exporters/doctor/diagnose.ts"
import { readSource } from "../../exporters/doctor/facts.ts"
import { Reader } from "../../exporters/sources/postgres/reader.ts"
import { contractDatabase } from "../support/contract-databases.ts"
import { testExporter } from "../support/exporter.ts"
import { createDatabase } from "../support/postgres.ts"

const TABLES = `
create schema app;
create table app.runs (n bigint generated always as identity primary key, state text not null, model text,
	started timestamptz not null default now(), tokens bigint not null default 0, steps integer);
create table app.results (n bigint generated always as identity primary key, share numeric not null);
create table app.log (n bigint generated always as identity primary key, what text not null);`

const SESSIONS = `'app'::text as provider, n as seq, null::integer as native_seq, 'run-' || n as id, 'app'::text as source,
	state as status, model, started as started_at, started + interval '1 minute' as ended_at, tokens as input_tokens,
	0::bigint as output_tokens, 0::bigint as cache_read_tokens, 0::bigint as cache_creation_tokens,
	0.5::numeric as cost_usd, started as updated_at`
const view = (name: string, select: string, from: string) =>
	`drop view contract.${name}; create view contract.${name} as select ${select} from app.${from};`
const sessions = (select = SESSIONS) => view("sessions", select, "runs")
const outcomes = (after: string) =>
	view(
		"outcomes",
		`'app'::text as provider, n as seq, null::integer as native_seq, 'test_pass_rate'::text as kind,
		null::double precision as before, ${after} as after, now() as measured_at`,
		"results",
	)
const events = (seq: string) =>
	view(
		"events",
		`'app'::text as provider, ${seq} as seq, null::integer as native_seq, what as type, null::text as session_id,
		now() as created_at`,
		"log",
	)

const TURNS = "autonomous_session_turns"
const success = (collector: string) => `observatory_collector_success{collector="${collector}"}`

/** A monitored database whose views are not ours, over tables of their own. */
async function foreignDatabase() {
	const url = await createDatabase(inject("postgresUrl"))
	const pool = createPool(url, { applicationName: "test", max: 4 })
	onTestFinished(() => pool.end())
	await installContract(pool)
	await pool.query("comment on schema contract is 'written by the platform team'")
	await pool.query(TABLES + sessions() + outcomes("share::double precision") + events("n"))
	const doctor = async () => {
		const client = await pool.connect()
		const findings = await readSource(client).then(diagnoseSource)
		client.release()
		return findings.filter(({ text }) => /contract\.\w/.test(text))
	}
	return { url, pool, run: (sql: string) => pool.query(sql), doctor }
}

describe("views that are not ours", () => {
	let own: Awaited<ReturnType<typeof contractDatabase>>
	let theirs: Awaited<ReturnType<typeof foreignDatabase>>

	beforeEach(async () => {
		own = await contractDatabase(inject("postgresUrl"))
		onTestFinished(() => own.close())
		theirs = await foreignDatabase()
	})

	function exporter(sourceUrl = theirs.url) {
		const made = testExporter(own.url, sourceUrl)
		onTestFinished(() => made.close())
		return made
	}

	it("are read without an optional column, whose metric gets values as soon as they have it", async () => {
		const { collect, value } = exporter()
		await theirs.run("insert into app.runs (state, tokens) values ('completed', 40), ('running', 2)")
		await collect()
		expect(await value(success("sessions"))).toBe(1)
		expect(await value("autonomous_sessions_started_total")).toBe(2)
		expect(await value('autonomous_session_tokens_total{type="input",model="unknown"}')).toBe(42)
		expect(await value(`${TURNS}_count`)).toBe(0)

		await theirs.run(sessions(`${SESSIONS}, steps as turns`))
		await theirs.run("update app.runs set state = 'completed', steps = 7 where state = 'running'")
		await theirs.run("insert into app.runs (state, steps) values ('failed', 5), ('failed', null)")
		await collect()
		await collect()
		expect(await value("autonomous_sessions_started_total")).toBe(4)
		expect(await value(`${TURNS}_count`)).toBe(2)
		expect(await value(`${TURNS}_sum`)).toBe(12)
	})

	it("make the doctor name what they lack: what is optional, what no metric is made from, and what stops one", async () => {
		await theirs.run(sessions(SESSIONS.replace("'app'::text as source,", "")))
		const found = await theirs.doctor()
		expect(found.filter(({ state }) => state === "missing")).toEqual([])
		expect(found).toContainEqual({
			state: "note",
			text: `view contract.sessions lacks turns, which is optional: ${TURNS} has no values`,
			advice: expect.stringContaining("Add it to the view"),
		})
		expect(found).toContainEqual(
			expect.objectContaining({
				state: "note",
				text: "view contract.sessions lacks source; no metric is made from that",
			}),
		)

		await theirs.run(sessions(SESSIONS.replace("state as status,", "")))
		expect((await theirs.doctor()).filter(({ state }) => state === "missing")).toEqual([
			{
				state: "missing",
				text: expect.stringMatching(
					/^view contract\.sessions lacks status \(no values of .*autonomous_sessions_finished_total/,
				),
				advice: expect.stringContaining("docs/contract.md"),
			},
		])
		const { collect, value } = exporter()
		await collect()
		expect(await value(success("sessions"))).toBe(0)
		expect(await value(success("events"))).toBe(1)
	})

	it("are read with numeric where double precision is meant, and the doctor advises to cast it", async () => {
		await theirs.run(outcomes("share"))
		await theirs.run("insert into app.results (share) values (0.75)")
		const { collect, value } = exporter()
		await collect()
		expect(await value("autonomous_test_pass_ratio_sum")).toBe(0.75)
		expect(await theirs.doctor()).toContainEqual({
			state: "note",
			text: "contract.outcomes.after is numeric instead of double precision; the exporters convert it, others that read it may not",
			advice: "Cast it in the view: after::double precision.",
		})
	})

	it("have numbers left out that no row can have, and counted by view and reason", async () => {
		await theirs.run("insert into app.results (share) values (0.5), (97.5), ('NaN'), (-1)")
		await theirs.run(sessions(SESSIONS.replace("0.5::numeric", "case n when 1 then 'NaN' else 0.5 end::numeric")))
		await theirs.run("insert into app.runs (state) values ('running'), ('running')")
		const { collect, value } = exporter()
		await collect()
		await collect()
		const refused = (view: string, reason: string) =>
			value(`observatory_contract_values_refused_total{view="${view}",reason="${reason}"}`)
		expect(await value("autonomous_test_pass_ratio_count")).toBe(1)
		expect(await value("autonomous_test_pass_ratio_sum")).toBe(0.5)
		expect(await value('autonomous_session_cost_usd_total{model="unknown"}')).toBe(0.5)
		expect(await refused("outcomes", "out_of_range")).toBe(2)
		expect(await refused("outcomes", "not_finite")).toBe(1)
		expect(await refused("sessions", "not_finite")).toBe(1)
	})

	it("fail alone, by the column's name, where it cannot be converted, and the doctor's advice cures that", async () => {
		await theirs.run(events("n::text"))
		await theirs.run("insert into app.log (what) values ('improvement_deployed')")
		const reader = new Reader({ own: own.pool, source: theirs.pool }, eventStream, { log: silentLogger })
		await expect(reader.poll(new AbortController().signal, () => 1, 0)).rejects.toMatchObject({
			code: "database_wrong_schema",
			message: "The contract cannot be read in the monitored database: contract.events.seq is text instead of bigint",
			advice: expect.stringContaining("npm run doctor"),
		})
		const finding = (await theirs.doctor()).find(({ state }) => state === "missing")
		expect(finding).toEqual({
			state: "missing",
			text: "contract.events.seq is text instead of bigint, and the view cannot be read",
			advice: "Cast it in the view: seq::bigint.",
		})
		await theirs.run(events("n::text::bigint"))
		const { collect, value } = exporter()
		await collect()
		expect(await value('autonomous_events_total{type="improvement_deployed"}')).toBe(1)
	})

	it("fail alone where one of them may not be read", async () => {
		const role = `reader_${Math.random().toString(36).slice(2)}`
		await theirs.run(`create role ${role} login; grant usage on schema contract to ${role};
			grant select on all tables in schema contract to ${role};
			revoke select on contract.violations, contract.recommendations from ${role}`)
		const address = new URL(theirs.url)
		address.username = role
		const { collect, samples } = exporter(address.href)
		await collect()
		const failing = [...(await samples())].filter(
			([name, value]) => name.startsWith("observatory_collector_success") && value !== 1,
		)
		expect(failing.map(([name]) => name).sort()).toEqual([success("recommendations"), success("violations")])
	})
})

describe("a table of ours that an earlier release made", () => {
	it("is read although it lacks an optional column", async () => {
		const own = await contractDatabase(
			inject("postgresUrl"),
			"alter table observatory.claude_sessions drop column turns",
		)
		onTestFinished(() => own.close())
		await own.run("insert into observatory.claude_sessions (id, source, status) values ('a', 'test', 'completed')")
		const made = testExporter(own.url)
		onTestFinished(() => made.close())
		await made.collect()
		expect(await made.value("autonomous_sessions_started_total")).toBe(1)
		expect(await made.value(success("sessions"))).toBe(1)
	})
})
