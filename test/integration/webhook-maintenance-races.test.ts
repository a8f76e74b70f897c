import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import pg from "pg"
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest"
import { movingClock } from "../support/moving-clock.ts"
import { eventually } from "../support/process.ts"
import { migratedDatabase } from "../support/template-database.ts"
import { startTestWebhook, type TestWebhook } from "../support/webhook.ts"

/** A time at which jobs that are not run early are still far from being done. */
const HOUR = "interval '1 hour'"

let webhook: TestWebhook
let client: pg.Client
let databaseUrl: string

beforeAll(async () => {
	databaseUrl = await migratedDatabase(inject("postgresUrl"))
	client = new pg.Client(databaseUrl)
	await client.connect()
	const folder = mkdtempSync(path.join(tmpdir(), "observatory-window-races-"))
	const file = (name: string, content: object) => {
		writeFileSync(path.join(folder, name), JSON.stringify(content))
		return path.join(folder, name)
	}
	// Never pulled: no one approves.
	const restarter = { http: { url: "http://127.0.0.1:9/" } }
	const restarters = Object.fromEntries(["late", "begins", "beside", "approved"].map((worker) => [worker, restarter]))
	webhook = await startTestWebhook(databaseUrl, {
		env: {
			REMEDIATION_CONFIG: file("remediation.yaml", { workers: restarters }),
			ESCALATION_POLICIES: file("policies.yaml", {
				policies: { all: { levels: [{ after: "0s", channels: ["people"] }] } },
				severities: { critical: "all" },
			}),
			CRITICAL_CHANNELS: "people",
		},
	})
	await webhook.setPolicy({ action: "restartWorker", mode: "approve" })
})
afterAll(async () => {
	await webhook?.stop()
	await client?.end()
})

const fire = (worker: string) =>
	webhook.notify({ fingerprint: worker, labels: { remediation: "restartWorker", worker } })

const inMs = (ms: number) => new Date(Date.now() + ms).toISOString()

/** Opens a window over the incidents of one worker. */
async function open(worker: string, { startsInMs = 0, lastsMs = 3_600_000 } = {}) {
	const times = { startsAt: inMs(startsInMs), endsAt: inMs(startsInMs + lastsMs) }
	const { id } = await webhook.openWindow({ matchers: `worker=${worker}`, ...times })
	return { id, end: () => webhook.endWindow(id) }
}

const remediationOf = async (worker: string) =>
	(
		await client.query<{ id: string; state: string; reason: string | null }>(
			"select id, state, reason from observatory.remediations where target = $1",
			[worker],
		)
	).rows[0]

const comesTo = (worker: string, state: string) =>
	eventually(
		() => remediationOf(worker),
		(row) => row?.state === state,
	)

/** The kinds of open pages about a worker's incident. */
const openPages = async (worker: string) =>
	(
		await client.query<{ kind: string }>(
			`select kind from observatory.pages n join observatory.incidents i on i.id = n.incident_id
			where i.labels->>'worker' = $1 and n.ended_at is null order by kind`,
			[worker],
		)
	).rows.map(({ kind }) => kind)

const pagesBecome = (worker: string, kinds: readonly string[]) =>
	eventually(
		() => openPages(worker),
		(found) => found.join() === kinds.join(),
	)

/** Who waits for what our connection has locked. */
const waitsForUs = () =>
	client.query("select pid from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))")

describe("a maintenance window", () => {
	it("leaves out no incident that comes while its end is being written down", async () => {
		await open("late", { lastsMs: 2_000 })
		// The end looks for what it resumes, and cannot be finished.
		await client.query("begin; select from observatory.audit_head for update")
		await eventually(waitsForUs, ({ rows }) => rows.length > 0)
		expect((await fire("late")).status).toBe(200)
		// Its jobs find the window still open.
		await eventually(
			() =>
				client.query("select from observatory_jobs.jobs where task_identifier = 'escalation.step' and run_at > now()"),
			({ rows }) => rows.length > 0,
		)
		await sleep(500)
		await client.query("commit")
		await comesTo("late", "awaiting_approval")
		await pagesBecome("late", ["approval", "escalation"])
	})

	it("suppresses what it has started to suppress, also by a clock before its start", async () => {
		const { id } = await open("begins")
		await client.query(
			`update observatory.maintenance_windows set starts_at = now() + ${HOUR}, ends_at = now() + 2 * ${HOUR} where id = $1`,
			[id],
		)
		await fire("begins")
		// Its jobs find the window, whatever its times say.
		await movingClock(databaseUrl).idle()
		expect(await openPages("begins")).toEqual([])
		expect(await remediationOf("begins")).toBeUndefined()
	})

	it("begins once, though two replicas look at the same time", async () => {
		const replica = await startTestWebhook(databaseUrl)
		await client.query("begin; select from observatory.audit_head for update")
		const other = new pg.Client(databaseUrl)
		await other.connect()
		const { rows } = await other.query<{ id: string }>(
			`insert into observatory.maintenance_windows (matchers, starts_at, ends_at, reason, created_by, created_at)
			values ('[{"name": "worker", "op": "=", "value": "once"}]', now(), now() + ${HOUR}, 'disks', 'a person', now()) returning id`,
		)
		await eventually(
			() => other.query("select from pg_locks where not granted"),
			(waiting) => waiting.rows.length > 1,
		)
		await client.query("commit")
		await other.end()
		await replica.stop()
		const lines = "select action from observatory.audit_logs where target = $1"
		expect((await client.query(lines, [`maintenance:${rows[0]?.id}`])).rows).toEqual([
			{ action: "maintenance.started" },
		])
	})

	it("resumes what it suppressed though another one, which has not started, is withdrawn at the same time", async () => {
		await fire("beside")
		await pagesBecome("beside", ["approval", "escalation"])
		const [first, second] = [await open("beside"), await open("beside", { startsInMs: 3_600_000 })]
		await pagesBecome("beside", [])
		// The process that ended the first one died before anything followed from it.
		const ended = "update observatory.maintenance_windows set ends_at = now(), ended_by = 'a person' where id = $1"
		await client.query(ended, [first.id])
		expect((await second.end()).status).toBe(200)
		await pagesBecome("beside", ["approval", "escalation"])
	})

	it("leads to a new decision about what it alone has withheld", async () => {
		await fire("approved")
		const row = await comesTo("approved", "awaiting_approval")
		const window = await open("approved")
		// A person approved it before, and then no process lived that could do it.
		await client.query("update observatory.remediations set state = 'approved' where id = $1", [row?.id])
		const run = "select observatory_jobs.add_job('remediation.run', json_build_object('id', $1::int))"
		await client.query(run, [row?.id])
		expect(await comesTo("approved", "withheld")).toMatchObject({ reason: "maintenance" })
		expect((await window.end()).status).toBe(200)
		await comesTo("approved", "awaiting_approval")
		await pagesBecome("approved", ["approval", "escalation"])
	})
})
