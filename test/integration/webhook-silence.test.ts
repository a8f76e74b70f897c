import { mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import pg from "pg"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { createPool } from "../../core/db/client.ts"
import { alert, notification } from "../support/alert.ts"
import { type MovingClock, movingClock } from "../support/moving-clock.ts"
import { createDatabase, startPostgres, type TestPostgres } from "../support/postgres.ts"
import { eventually } from "../support/process.ts"
import { startTestWebhook, type TestWebhook } from "../support/webhook.ts"

/** A statement's own limit, what the answer may take on top, and one wait for a connection before and after. */
const LONGEST_ANSWER_MS = 15_000 + 2_000 + 2 * 5_000

const POLICIES = `
policies:
  quick:
    levels:
      - { after: 0s, channels: [slack-ops] }
      - { after: 4h, channels: [pagerduty] }
`

let postgres: TestPostgres
let databaseUrl: string
let webhook: TestWebhook
let clock: MovingClock

beforeAll(async () => {
	postgres = await startPostgres()
	databaseUrl = await createDatabase(postgres.url())
	const policies = path.join(mkdtempSync(path.join(tmpdir(), "observatory-silence-")), "policies.yaml")
	writeFileSync(policies, POLICIES)
	clock = movingClock(databaseUrl)
	webhook = await startTestWebhook(databaseUrl, { clock, env: { ESCALATION_POLICIES: policies } })
})
afterAll(async () => {
	postgres?.thaw()
	await webhook?.stop()
	await postgres?.remove()
})

/** The kinds of each incident's timeline, over a connection of its own. */
async function timelines(alertname: string): Promise<string[][]> {
	const client = new pg.Client(databaseUrl)
	await client.connect()
	try {
		const { rows } = await client.query<{ kinds: string[] }>(
			`select (select array_agg(kind order by id) from observatory.incident_timeline t where t.incident_id = i.id) kinds
			from observatory.incidents i where alertname = $1`,
			[alertname],
		)
		return rows.map(({ kinds }) => kinds)
	} finally {
		await client.end()
	}
}

const health = async () => {
	const [alive, ready] = await Promise.all(["/healthz", "/readyz"].map((path) => fetch(`${webhook.url}${path}`)))
	const said = (await alive?.json()) as { status: string; database: string } | undefined
	return [alive?.status, said?.status, said?.database, ready?.status]
}

/** When the gate's flag was last known to be true. */
const flagged = (): number => {
	const { at } = JSON.parse(readFileSync(path.join(webhook.home, "run", "gate.json"), "utf8")) as { at: string }
	return Date.parse(at)
}

const escalated = async () => (await timelines("paging"))[0]?.filter((kind) => kind === "escalated").length

describe("while PostgreSQL is frozen, connected and silent", () => {
	it("answers 503 in bounded time, loses nothing that it answered 200 to, and continues by itself", async () => {
		await eventually(health, ([, status]) => status === "ok")
		const paging = alert({ name: "paging", fingerprint: "paging", labels: { escalation: "quick" } })
		expect((await webhook.deliver(notification([paging]))).status).toBe(200)
		await eventually(escalated, (levels) => levels === 1)

		const refusals = new Map<number, number>()
		let longestMs = 0
		let over = false
		/** As Alertmanager does: again after a 5xx. */
		const requireComplete = async (body: object) => {
			for (;;) {
				const startedAt = performance.now()
				const { ok, status } = await webhook.deliver(body)
				longestMs = Math.max(longestMs, performance.now() - startedAt)
				if (ok) return
				refusals.set(status, (refusals.get(status) ?? 0) + 1)
				await sleep(100)
			}
		}
		let delivered = 0
		const send = async (worker: number) => {
			for (let n = 0; !over; n++, delivered++)
				await requireComplete(notification([alert({ name: "silence", fingerprint: `${worker}-${n}` })]))
		}
		const load = Promise.all(Array.from({ length: 6 }, (_, worker) => send(worker)))
		try {
			await eventually(
				() => delivered,
				(n) => n > 20,
			)
			postgres.freeze()
			await eventually(health, ([, , database]) => database === "away")
			expect(await health()).toEqual([200, "degraded", "away", 503])
			await eventually(
				() => refusals.get(503) ?? 0,
				(n) => n > 12,
			)
			const grownOld = flagged()
			clock.advanceWithoutDatabase(4 * 3_600_000)
			postgres.thaw()
			const [deliveredThen, thawedAt] = [delivered, clock.now()]
			await eventually(flagged, (at) => at > Math.max(grownOld, thawedAt), 10_000)
			await clock.advance(0)
			await eventually(escalated, (levels) => levels === 2)
			await eventually(
				() => delivered,
				(n) => n > deliveredThen + 20,
			)
			await eventually(health, ([, status, , ready]) => status === "ok" && ready === 200)
		} finally {
			over = true
			postgres.thaw()
			await load
		}

		expect([...refusals.keys()]).toEqual([503])
		expect(longestMs).toBeLessThan(LONGEST_ANSWER_MS)
		expect(await timelines("silence")).toEqual(Array(delivered).fill(["fired", "received"]))
		expect(await webhook.verifyAudit()).toMatchObject({ whole: true })
	})
})

describe("when the host of another replica has vanished within a transaction", () => {
	/** Holds the end of the audit chain, which every change of a person's needs, and is not heard of again. */
	async function vanish(pool: pg.Pool): Promise<pg.PoolClient> {
		const client = await pool.connect()
		await client.query("begin; select from observatory.audit_head for update")
		return client
	}

	it("declares an emergency stop as soon as PostgreSQL has given up on it", async () => {
		const other = createPool(databaseUrl, { applicationName: "vanished" })
		const lost = await vanish(other)
		expect((await webhook.requestChange("stop")).status).toBe(200)
		lost.release(true)
		await other.end()
	})

	it("answers 503 to what would have to wait for longer", async () => {
		const other = createPool(databaseUrl, { applicationName: "vanished" })
		const lost = await vanish(other)
		await lost.query("set idle_in_transaction_session_timeout = 0")
		const response = await webhook.requestChange("release")
		lost.release(true)
		expect(response.status).toBe(503)
		expect(await response.json()).toMatchObject({ error: { code: "unavailable" } })
		await other.end()
	})
})
