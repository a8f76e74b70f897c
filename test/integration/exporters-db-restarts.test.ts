import { afterAll, beforeAll, describe, expect, inject, it } from "vitest"
import { installContract } from "../../core/db/contract/install.ts"
import { restartProvider } from "../../core/db/contract/restart.ts"
import { examineReading } from "../../exporters/doctor/reading.ts"
import { type ContractDatabase, contractDatabase, EVALS_TABLES } from "../support/contract-databases.ts"
import { type TestExporter, testExporter } from "../support/exporter.ts"

const insights = (n: number) =>
	`insert into ai_insights (run_id, category, confidence, severity) select 1, 'quality', 0.5, 'info' from generate_series(1, ${n})`
const sessions = (n: number) =>
	`insert into ai_observer_sessions (run_id, observer_level) select 1, 'full' from generate_series(1, ${n})`
const INSIGHTS = 'autonomous_insights_total{category="quality"}'
const STARTED = "autonomous_sessions_started_total"
const ACTIVE = 'autonomous_sessions_active{status="running"}'
const restarts = (view: string) => `observatory_contract_restarts_total{view="${view}"}`

/** A dump of the insights table, and its restoration: the rows as they were, the sequence where they end. */
const DUMP = "drop table if exists dump; create table dump as select * from ai_insights"
const RESTORE = `truncate ai_insights restart identity; insert into ai_insights select * from dump;
	select setval('ai_insights_id_seq', (select max(id) from ai_insights))`

describe("numbers of the monitored tables that begin again", () => {
	let own: ContractDatabase
	let monitored: ContractDatabase
	let exporter: TestExporter

	beforeAll(async () => {
		own = await contractDatabase(inject("postgresUrl"))
		monitored = await contractDatabase(inject("postgresUrl"), EVALS_TABLES)
		exporter = testExporter(own.url, monitored.url)
		await monitored.run(`insert into runs (model) values ('m'); ${sessions(6)}; ${insights(20)}`)
		await exporter.collect()
		await exporter.collect()
	})
	afterAll(async () => {
		await exporter.close()
		await own.close()
		await monitored.close()
	})

	/** What one turn adds after `sql`. */
	async function change(sql: string, series: string, view: string): Promise<{ added: number; restarts: number }> {
		const [before, began] = [await exporter.value(series), await exporter.value(restarts(view))]
		await monitored.run(sql)
		await exporter.collect()
		const [after, begins] = [await exporter.value(series), await exporter.value(restarts(view))]
		return { added: (after ?? 0) - (before ?? 0), restarts: (begins ?? 0) - (began ?? 0) }
	}

	it("are counted on in the turn after a truncation, with the sessions of the old numbers no longer active", async () => {
		const sql = `truncate ai_observer_sessions restart identity; ${sessions(5)}`
		expect(await change(sql, STARTED, "sessions")).toEqual({ added: 5, restarts: 1 })
		expect(await exporter.value(ACTIVE)).toBe(5)
		expect(await change(sessions(2), STARTED, "sessions")).toEqual({ added: 2, restarts: 0 })
		expect(await exporter.value(ACTIVE)).toBe(7)
	})

	it("are counted on after rows were deleted and the sequence was set back", async () => {
		const sql = `delete from ai_insights; alter sequence ai_insights_id_seq restart; ${insights(4)}`
		expect(await change(sql, INSIGHTS, "insights")).toEqual({ added: 4, restarts: 1 })
		expect(await change(insights(3), INSIGHTS, "insights")).toEqual({ added: 3, restarts: 0 })
	})

	it("are counted on from where an older dump ends, whether new rows come before or after the next turn", async () => {
		await monitored.run(DUMP)
		await change(insights(10), INSIGHTS, "insights")
		await change("select", INSIGHTS, "insights")
		expect(await change(`${RESTORE}; ${insights(2)}`, INSIGHTS, "insights")).toEqual({ added: 2, restarts: 1 })

		await monitored.run(DUMP)
		await change(insights(10), INSIGHTS, "insights")
		expect(await change(RESTORE, INSIGHTS, "insights")).toEqual({ added: 0, restarts: 0 })
		expect(await change(insights(1), INSIGHTS, "insights")).toEqual({ added: 1, restarts: 1 })
	})

	it("are counted on after the table was made again and has passed the old numbers in one turn", async () => {
		const [{ max }] = (await monitored.run("select max(id) from ai_insights")).rows
		await monitored.run("drop schema contract cascade; drop table ai_insights")
		await monitored.run(EVALS_TABLES.match(/create table public\.ai_insights[^;]*;/)?.[0] ?? "")
		await installContract(monitored.pool)
		expect(await change(insights(max + 3), INSIGHTS, "insights")).toEqual({ added: max + 3, restarts: 1 })
	})

	it("do not begin again where the newest rows were deleted or the table was rewritten", async () => {
		const sql = "delete from ai_insights where id > (select max(id) - 3 from ai_insights)"
		expect(await change(sql, INSIGHTS, "insights")).toEqual({ added: 0, restarts: 0 })
		expect(await change("cluster ai_insights using ai_insights_pkey", INSIGHTS, "insights")).toEqual({
			added: 0,
			restarts: 0,
		})
		expect(await change(insights(2), INSIGHTS, "insights")).toEqual({ added: 2, restarts: 0 })
	})

	it("are named by the doctor, with a command that reads a provider again from a number on", async () => {
		const client = await own.pool.connect()
		const findings = async () => (await examineReading(client)).map(({ text }) => text)
		expect((await findings()).filter((text) => text.includes("began again"))).toEqual([
			expect.stringMatching(/^contract\.insights: the numbers of provider evals began again 4 times, last seen 2/),
			expect.stringMatching(/^contract\.sessions: the numbers of provider evals began again once, last seen 2/),
		])
		await change("delete from ai_insights where id = (select max(id) from ai_insights)", INSIGHTS, "insights")
		expect(await findings()).toContainEqual(expect.stringMatching(/evals end at number \d+, and \d+ was read before/))
		client.release()

		const [{ n, min }] = (await monitored.run("select count(*)::int as n, min(id) from ai_insights")).rows
		const request = { provider: "evals", view: "insights", after: min } as const
		expect(await restartProvider(own.pool, { ...request, provider: "unknown" })).toEqual([])
		expect(await restartProvider(own.pool, request)).toEqual([
			{ view: "insights", provider: "evals", high: expect.any(Number) },
		])
		expect(await change("select", INSIGHTS, "insights")).toEqual({ added: n - 1, restarts: 0 })
	})

	it("leave the totals that were counted in sight while the monitored database is away, and no gauges", async () => {
		const started = await exporter.value(STARTED)
		const away = new URL(monitored.url)
		away.pathname = "/gone"
		const restarted = testExporter(own.url, away.href)
		await restarted.collect()
		const samples = await restarted.samples()
		await restarted.close()
		expect(samples.get('observatory_collector_success{collector="sessions"}')).toBe(0)
		expect(samples.get(STARTED)).toBe(started)
		expect(samples.get(ACTIVE)).toBeUndefined()
	})
})
