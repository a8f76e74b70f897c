import { setTimeout as sleep } from "node:timers/promises"
import pg from "pg"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { createDatabase, startPostgres, type TestPostgres } from "../support/postgres.ts"
import { eventually } from "../support/process.ts"
import { type DemoProcess, startCapture, startDemoProcess } from "./demo-support.ts"

let postgres: TestPostgres
let capture: Awaited<ReturnType<typeof startCapture>>
let demo: DemoProcess
let url: string

beforeAll(async () => {
	postgres = await startPostgres()
	url = await createDatabase(postgres.url())
	capture = await startCapture()
	demo = await startDemoProcess({ DATABASE_URL: url, OTEL_EXPORTER_OTLP_ENDPOINT: capture.url })
	await eventually(() => /demo started/.test(demo.output()))
})

afterAll(async () => {
	await demo?.remove()
	await capture?.close()
	await postgres?.remove()
})

/** One query over its own connection, because the server stops and starts. */
async function query(text: string): Promise<Record<string, unknown>[]> {
	const client = new pg.Client(url)
	await client.connect()
	try {
		return (await client.query(text)).rows
	} finally {
		await client.end()
	}
}

const liveSessions = async () =>
	Number(
		(
			await query(
				"select count(*) as n from observatory.claude_sessions where status = 'completed' and id !~ '^demo-2'",
			)
		)[0]?.n,
	)

describe("the demo, when the database stops and starts twice", () => {
	it("waits, continues the same sessions, and writes no row twice", async () => {
		for (const round of [1, 2]) {
			const before = await eventually(async () => {
				const n = await liveSessions()
				return n >= round * 2 && n
			})
			await postgres.stop()
			try {
				await eventually(async () => (await demo.call("GET", "/status")).database === "unreachable")
				await sleep(1_500)
				expect(demo.child.exitCode).toBeNull()
			} finally {
				await postgres.start()
			}
			await eventually(async () => (await demo.call("GET", "/status")).database === "available")
			await eventually(async () => (await liveSessions()) > before)
		}
		const repeated = await query(`
			select 'event' as what, session_id as id from observatory.events where type = 'analysis_session_complete' group by 2 having count(*) > 1
			union all select 'call', session_id from observatory.mcp_calls group by session_id, server, tool, created_at, duration_seconds having count(*) > 1
			union all select 'review', improvement_seq::text from observatory.reviews group by 2 having count(*) > 1
			union all select 'rollback', improvement_seq::text from observatory.rollbacks group by 2 having count(*) > 1
			union all select 'step', benchmark_id::text from public.mcp_retrieval_calls group by benchmark_id, step_number having count(*) > 1
			union all select 'observer', run_id::text from public.ai_observer_sessions group by run_id having count(*) > 1`)
		expect(repeated).toEqual([])
		const orphans =
			await query(`select t.id from public.tasks t where t.passed is not null and t.task_metrics_id is null
			union all select m.id from public."taskMetrics" m where not exists (select from public.tasks t where t.task_metrics_id = m.id)`)
		expect(orphans).toEqual([])
		expect(demo.output().match(/database unreachable/g)?.length).toBeGreaterThanOrEqual(2)
		expect(demo.output()).not.toMatch(/"level":"error"/)
	})

	it("ends cleanly while the database is unreachable", async () => {
		await postgres.stop()
		demo.child.kill("SIGTERM")
		expect(await demo.exited).toBe(0)
		await postgres.start()
	})
})
