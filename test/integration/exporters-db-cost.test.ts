import { afterAll, beforeAll, describe, expect, inject, it } from "vitest"
import { type ContractDatabase, contractDatabase, EVALS_TABLES } from "../support/contract-databases.ts"
import { testExporter } from "../support/exporter.ts"
import { eventually } from "../support/process.ts"

/** History of `n` rows in each table that grows, ended long ago. */
const history = (n: number) => `
insert into runs (model) values ('m');
insert into observatory.claude_sessions (id, source, status, model, started_at, ended_at)
	select gen_random_uuid(), 'test', 'completed', 'm', now() - interval '3 days', now() - interval '2 days' from generate_series(1, ${n});
insert into observatory.insights (category, confidence) select 'c', 0.5 from generate_series(1, ${n});
insert into observatory.events (type) select 'emergency_stop' from generate_series(1, ${n});
insert into observatory.violations (session_id, kind) select 's' || i % 50, 'scope' from generate_series(1, ${n}) i;
insert into observatory.reviews (status, decided_at) select 'approved', now() from generate_series(1, ${n});
insert into observatory.outcomes (kind, after) select 'test_pass_rate', 1 from generate_series(1, ${n});
insert into ai_insights (run_id, category, confidence, severity) select 1, 'c', 0.5, 'info' from generate_series(1, ${n});
insert into ai_anomalies (run_id, type, confidence) select 1, 'c', 0.5 from generate_series(1, ${n});
insert into ai_observer_sessions (run_id, observer_level, status, started_at, ended_at)
	select 1, 'full', 'completed', now() - interval '3 days', now() - interval '2 days' from generate_series(1, ${n / 10});
analyze;
`

describe("the cost of a turn", () => {
	let database: ContractDatabase

	beforeAll(async () => {
		database = await contractDatabase(inject("postgresUrl"), EVALS_TABLES)
	})
	afterAll(() => database.close())

	/** Rows that PostgreSQL read in this database, reported by ended connections. */
	async function rowsRead(): Promise<number> {
		const { rows } = await database.run(
			"select (tup_returned + tup_fetched)::float8 as read from pg_stat_database where datname = current_database()",
		)
		return rows[0].read
	}

	/** A connection reports its reads when it ends, shortly after its user closed it. */
	const haveReported = () =>
		eventually(
			() => database.run("select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"),
			({ rows }) => rows.length === 0,
		)

	/** Reads all rows, then measures one more turn of a new exporter. */
	async function costOfTurn(): Promise<number> {
		const reader = testExporter(database.url)
		for (let turns = 0; turns < 20; turns++) {
			await reader.collect()
			const samples = await reader.samples()
			if ([...samples].every(([sample, value]) => !sample.startsWith("observatory_collector_success") || value === 1))
				break
		}
		await reader.close()
		await haveReported()
		const one = testExporter(database.url)
		await database.run("select pg_stat_clear_snapshot()")
		const before = await rowsRead()
		await one.collect()
		await one.close()
		await haveReported()
		return (await rowsRead()) - before
	}

	it("in rows that PostgreSQL reads is the same with a hundred times the history", async () => {
		await database.run(history(1_000))
		const small = await costOfTurn()
		await database.run(history(99_000))
		const large = await costOfTurn()
		expect(small).toBeGreaterThan(100)
		expect(large).toBeLessThan(1.5 * small)
	})
})
