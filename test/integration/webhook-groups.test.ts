import pg from "pg"
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest"
import { createPool } from "../../core/db/client.ts"
import { alert, notification } from "../support/alert.ts"
import { eventually } from "../support/process.ts"
import { migratedDatabase } from "../support/template-database.ts"
import { startTestWebhook, type TestWebhook } from "../support/webhook.ts"

let webhook: TestWebhook
let replica: TestWebhook
let client: pg.Pool
/** Holds locks, so that a transaction of the receiver can be stopped in its middle. */
let locker: pg.Client

beforeAll(async () => {
	const url = await migratedDatabase(inject("postgresUrl"))
	;[webhook, replica] = await Promise.all([startTestWebhook(url), startTestWebhook(url)])
	client = createPool(url, { applicationName: "test" })
	locker = new pg.Client(url)
	await locker.connect()
})
afterAll(async () => {
	await Promise.all([client?.end(), locker?.end()])
	await Promise.all([webhook?.stop(), replica?.stop()])
})
beforeEach(async () => {
	await client.query("truncate observatory.incidents, observatory.inbox, observatory.pages cascade")
})

const count = async (what: string) => Number((await client.query(`select count(*) as n from ${what}`)).rows[0].n)
const INCIDENTS = "observatory.incidents"

/** Transactions of the receiver that wait for a lock. */
const BLOCKED = `pg_stat_activity where application_name = 'mcp-observatory intake'
	and datname = current_database() and wait_event_type = 'Lock'`

describe("notifications that arrive together", () => {
	it("are answered only once what they say is committed", async () => {
		await locker.query("begin; lock table observatory.incident_timeline in exclusive mode")
		const statuses: number[] = []
		const replies = Array.from({ length: 40 }, async (_, i) => {
			const { status } = await webhook.notify({ fingerprint: `f${i}` })
			statuses.push(status)
			return count(`${INCIDENTS} where fingerprint = 'f${i}'`)
		})
		await eventually(
			() => count(BLOCKED),
			(n) => n > 0,
		)
		expect(statuses).toEqual([])
		expect(await count(INCIDENTS)).toBe(0)
		await locker.query("commit")
		expect(await Promise.all(replies)).toEqual(Array(40).fill(1))
		expect(statuses).toEqual(Array(40).fill(200))
	})

	it("are all refused for now when their connection breaks before the commit, and are not stored", async () => {
		await locker.query("begin; lock table observatory.incident_timeline in exclusive mode")
		const replies = Array.from({ length: 10 }, (_, i) => webhook.notify({ fingerprint: `f${i}` }))
		await eventually(
			() => count(BLOCKED),
			(n) => n > 0,
		)
		// Whatever comes up behind it is broken as well, until every one of them has been answered.
		let answered = false
		const all = Promise.all(replies).finally(() => {
			answered = true
		})
		await eventually(
			async () => {
				await client.query(`select pg_terminate_backend(pid) from ${BLOCKED}`)
				return answered
			},
			(done) => done,
		)
		expect((await all).map(({ status }) => status)).toEqual(Array(10).fill(503))
		await locker.query("commit")
		expect(await count(INCIDENTS)).toBe(0)
		expect((await webhook.notify({})).status).toBe(200)
	})

	it("do not fail because one among them cannot be stored", async () => {
		await client.query(`
			create function refuse() returns trigger language plpgsql as $$
			begin raise exception 'not this one'; end $$;
			create trigger refuse before insert on ${INCIDENTS} for each row
			when (new.fingerprint = 'bad') execute function refuse()`)
		try {
			const names = ["a", "bad", "b", "c"]
			const replies = await Promise.all(names.map((fingerprint) => webhook.notify({ fingerprint })))
			expect(replies.map(({ status }) => status)).toEqual([200, 500, 200, 200])
			expect(await count(INCIDENTS)).toBe(3)
		} finally {
			await client.query(`drop trigger refuse on ${INCIDENTS}; drop function refuse`)
		}
	})

	it("leave what each of them says, whichever replica gets it, repeated, mixed and side by side", async () => {
		const alerts = Array.from({ length: 60 }, (_, i) => `f${i}`)
		const said = alerts.flatMap((fingerprint, i) => {
			const firing = alert({ fingerprint })
			const resolved = alert({ fingerprint, status: "resolved" })
			return i % 3 === 0 ? [firing, firing] : i % 3 === 1 ? [firing, resolved, firing] : [resolved, firing, resolved]
		})
		// Each pair of neighbours also arrives in one notification, in both orders.
		const bodies = said.flatMap((one, i) => [[one], [one, said[i - 1]], [said[i - 1], one]])
		const beat = alert({ name: "watchdog", fingerprint: "w", labels: { heartbeat: "true" } })
		const replies = await Promise.all(
			bodies.map((body, i) =>
				(i % 2 ? webhook : replica).deliver(notification([...body.filter(Boolean), ...(i % 7 ? [] : [beat])])),
			),
		)
		expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]))
		expect(await count(INCIDENTS)).toBe(60)
		expect(await count(`${INCIDENTS} where status = 'firing'`)).toBe(20)
		const kinds = "select kind, count(*)::int as n from observatory.incident_timeline group by kind order by kind"
		expect((await client.query(kinds)).rows).toEqual([
			{ kind: "fired", n: 60 },
			{ kind: "received", n: 60 },
			{ kind: "resolved", n: 40 },
		])
	})
})
