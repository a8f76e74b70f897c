import type pg from "pg"
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest"
import { systemClock } from "../../core/lib/clock.ts"
import { silentLogger } from "../../core/lib/log.ts"
import { eventStream } from "../../exporters/autonomous/events.ts"
import type { Positions } from "../../exporters/sources/postgres/ledger.ts"
import { Reader } from "../../exporters/sources/postgres/reader.ts"
import { viewCollector } from "../../exporters/sources/postgres/view-collector.ts"
import { type ContractDatabase, contractDatabase } from "../support/contract-databases.ts"
import { testExporter } from "../support/exporter.ts"
import { eventually } from "../support/process.ts"

const DEPLOYED = 'autonomous_events_total{type="improvement_deployed"}'
const EVENT = "insert into observatory.events (type) values ('improvement_deployed')"
const never = new AbortController().signal

describe("reading the contract bit by bit", () => {
	let database: ContractDatabase
	let other: pg.PoolClient

	beforeEach(async () => {
		database = await contractDatabase(inject("postgresUrl"))
		other = await database.pool.connect()
	})
	afterEach(async () => {
		other.release(true)
		await database.close()
	})

	const position = async () => {
		const { rows } = await database.run("select position from observatory.readers where name = 'events'")
		const positions: Positions = rows[0].position
		return positions.own
	}

	it("counts a row whose transaction commits after later rows were counted", async () => {
		const exporter = testExporter(database.url)
		await other.query(`begin; ${EVENT}`)
		await database.run(EVENT)
		await exporter.collect()
		expect(await exporter.value(DEPLOYED)).toBe(1)
		expect(await position()).toMatchObject({ high: 2, gaps: [{ from: 1, to: 1 }] })
		await other.query("commit")
		await exporter.collect()
		expect(await exporter.value(DEPLOYED)).toBe(2)
		expect(await position()).toMatchObject({ high: 2, gaps: [] })
		await exporter.close()
	})

	it("waits for a number while its transaction runs, and forgets it once that was rolled back", async () => {
		const exporter = testExporter(database.url, database.url, { graceMs: 0 })
		await other.query(`begin; ${EVENT}`)
		await database.run(EVENT)
		for (let turns = 0; turns < 4; turns++) await exporter.collect()
		expect(await position()).toMatchObject({ gaps: [{ from: 1, to: 1, fence: expect.any(String) }] })
		await other.query("rollback")
		// Transactions of other tests on the same server count as well: any of them might be the one.
		await eventually(
			() => exporter.collect().then(position),
			(found) => found?.gaps.length === 0,
		)
		expect(await exporter.value(DEPLOYED)).toBe(1)
		await exporter.close()
	})

	it("leaves the reading to another exporter that is at it, and exports what that one committed", async () => {
		const exporter = testExporter(database.url)
		await database.run(EVENT)
		await exporter.collect()
		await other.query("begin; select from observatory.readers where name = 'events' for update")
		await database.run(EVENT)
		await exporter.collect()
		expect(await exporter.value(DEPLOYED)).toBe(1)
		await other.query("rollback")
		await exporter.collect()
		expect(await exporter.value(DEPLOYED)).toBe(2)
		await exporter.close()
	})

	it("fails when the other exporter makes no progress, and shows what was counted", async () => {
		const exporter = testExporter(database.url)
		await exporter.collect()
		await database.run(
			"update observatory.readers set advanced_at = now() - interval '3 minutes' where name = 'events'",
		)
		await other.query("begin; select from observatory.readers where name = 'events' for update")
		await exporter.collect()
		expect(await exporter.value(DEPLOYED)).toBe(0)
		expect(await exporter.value('observatory_collector_success{collector="events"}')).toBe(0)
		await other.query("rollback")
		await exporter.collect()
		expect(await exporter.value(DEPLOYED)).toBe(0)
		await exporter.close()
	})

	it("reads a long history in batches that each are kept, and is complete only at its end", async () => {
		await database.run(`${EVENT.replace(/values.*/, "select 'improvement_deployed' from generate_series(1, 25)")}`)
		const databases = { own: database.pool, source: database.pool }
		const reader = new Reader(databases, eventStream, { log: silentLogger, batch: 10 })
		const counted = async () => {
			const { complete, totals } = await reader.poll(never, () => 1, 0)
			return [complete, totals.find(({ labels }) => labels === '{"type":"improvement_deployed"}')?.value]
		}
		expect(await counted()).toEqual([false, 10])
		expect(await counted()).toEqual([false, 20])
		expect(await counted()).toEqual([true, 25])
	})

	it("is not complete for a second exporter either, while the first one is at it", async () => {
		await database.run(`${EVENT.replace(/values.*/, "select 'improvement_deployed' from generate_series(1, 25)")}`)
		const databases = { own: database.pool, source: database.pool }
		const reader = () => new Reader(databases, eventStream, { log: silentLogger, batch: 10 })
		await reader().poll(never, () => 1, 0)
		await other.query("begin; select from observatory.readers where name = 'events' for update")
		expect(await reader().poll(never, () => 1, 0)).toMatchObject({ complete: false })
		await other.query("rollback")
		await reader().poll(never, () => 0, 1)
		await other.query("begin; select from observatory.readers where name = 'events' for update")
		expect(await reader().poll(never, () => 1, 0)).toMatchObject({ complete: true })
	})

	it("shows nothing while history is being read: half of it now and half later would look like a burst", async () => {
		await database.run(`${EVENT.replace(/values.*/, "select 'improvement_deployed' from generate_series(1, 25)")}`)
		const databases = { own: database.pool, source: database.pool }
		// No time at all: one batch a poll.
		const collector = viewCollector(databases, eventStream, {
			group: "autonomous",
			clock: systemClock,
			reader: { log: silentLogger, batch: 10 },
			timeoutMs: 0,
		})
		await expect(collector.collect(never)).rejects.toThrow("still reading history")
		await expect(collector.collect(never)).rejects.toThrow("still reading history")
		expect(await collector.collect(never)).toMatchObject([{ value: 25 }])
	})

	it("keeps totals in our database, reads our tables there, and only reads the monitored one", async () => {
		const monitored = await contractDatabase(inject("postgresUrl"))
		await monitored.run(EVENT)
		await database.run(`${EVENT}; ${EVENT}`)
		const exporter = testExporter(database.url, monitored.url)
		await exporter.collect()
		expect(await exporter.value(DEPLOYED)).toBe(3)
		expect((await monitored.run("select from observatory.totals")).rowCount).toBe(0)
		await exporter.close()
		await monitored.close()
	})

	it("never stores more label values than a series may have, over restarts too", async () => {
		for (const range of ["1, 40", "41, 80"]) {
			await database.run(
				`insert into observatory.insights (category, confidence) select 'c' || i, 0.5 from generate_series(${range}) i`,
			)
			const exporter = testExporter(database.url)
			await exporter.collect()
			const samples = [...(await exporter.samples())].filter(([sample]) =>
				sample.startsWith("autonomous_insights_total"),
			)
			expect(samples).toHaveLength(31)
			await exporter.close()
		}
		const { rows } = await database.run(
			"select sum(value) as sum, count(*)::int as n from observatory.totals where series = 'autonomous_insights_total'",
		)
		expect(rows).toEqual([{ sum: 80, n: 31 }])

		// A value that was not counted for a day makes room.
		await database.run(
			`update observatory.totals set counted_at = now() - interval '25 hours' where labels like '%"c7"%';
			insert into observatory.insights (category, confidence) values ('fresh', 0.5)`,
		)
		const exporter = testExporter(database.url)
		await exporter.collect()
		const categories = [...(await exporter.samples()).keys()].filter((sample) =>
			sample.startsWith("autonomous_insights_total"),
		)
		expect(categories).toHaveLength(31)
		expect(categories.filter((sample) => /category="(c7|fresh)"/.test(sample))).toEqual([
			expect.stringContaining('category="fresh"'),
		])
		await exporter.close()
	})

	it("drops rows that were deleted while they might have changed", async () => {
		await database.run("insert into observatory.reviews (status) values ('pending'), ('pending')")
		const exporter = testExporter(database.url)
		await exporter.collect()
		expect(await exporter.value("autonomous_reviews_pending")).toBe(2)
		await database.run("delete from observatory.reviews where seq = 1")
		await exporter.collect()
		expect(await exporter.value("autonomous_reviews_pending")).toBe(1)
		expect((await database.run("select seq from observatory.tracked_rows where reader = 'reviews'")).rows).toEqual([
			{ seq: "2" },
		])
		await exporter.close()
	})

	it("writes down only what has changed about a row", async () => {
		await database.run(
			"insert into observatory.claude_sessions (id, source, status, input_tokens) values ('a', 'test', 'running', 5), ('b', 'test', 'running', 5)",
		)
		await database.run("insert into observatory.improvements (title, deployed_at) values ('i', now())")
		const exporter = testExporter(database.url)
		const versions = async () =>
			(
				await database.run(
					"select reader, seq, xmin::text as version from observatory.tracked_rows order by reader, seq",
				)
			).rows
		await exporter.collect()
		const before = await versions()
		await database.run("update observatory.claude_sessions set input_tokens = 6 where id = 'b'")
		await exporter.collect()
		const after = await versions()
		expect(after.map((row, i) => row.version === before[i]?.version)).toEqual([true, true, false])
		await exporter.close()
	})

	it("looks at rows that may change in rotation when there are many", async () => {
		await database.run("insert into observatory.reviews (status) select 'pending' from generate_series(1, 7)")
		const exporter = testExporter(database.url, database.url, { rereads: 3 })
		await exporter.collect()
		await database.run("update observatory.reviews set status = 'approved', decided_at = now()")
		const decided = []
		for (let turns = 0; turns < 4; turns++) {
			await exporter.collect()
			decided.push(await exporter.value('autonomous_reviews_decided_total{decision="approved"}'))
		}
		expect(decided).toEqual([3, 6, 7, 7])
		await exporter.close()
	})
})
