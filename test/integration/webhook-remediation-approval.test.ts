import pg from "pg"
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest"
import { eventually } from "../support/process.ts"
import { migratedDatabase } from "../support/template-database.ts"
import { startTestWebhook, type TestWebhook } from "../support/webhook.ts"

let webhook: TestWebhook
let client: pg.Client

beforeAll(async () => {
	const databaseUrl = await migratedDatabase(inject("postgresUrl"))
	client = new pg.Client(databaseUrl)
	await client.connect()
	webhook = await startTestWebhook(databaseUrl)
})
afterAll(async () => {
	await webhook?.stop()
	await client?.end()
})

const ACTION = "pauseAutonomousSessions"
const mode = (to: "shadow" | "approve" | "auto") => webhook.setPolicy({ action: ACTION, mode: to })
const window = (component: string) => webhook.openWindow({ matchers: [`component="${component}"`] })

interface Waiting {
	readonly id: number
	readonly incident: number
}

/** A remediation of an incident of its own that waits for a person. */
async function waiting(fingerprint: string): Promise<Waiting> {
	await mode("approve")
	const labels = { remediation: ACTION, component: fingerprint }
	await webhook.notify({ fingerprint, labels })
	const { rows } = await eventually(
		() =>
			client.query(
				`select r.id::int, i.id::int as incident from observatory.remediations r
				join observatory.incidents i on i.id = r.incident_id where fingerprint = $1 and r.state = 'awaiting_approval'`,
				[fingerprint],
			),
		(result) => result.rows.length === 1,
	)
	return rows[0]
}
const row = async ({ id }: Waiting) =>
	(await client.query("select state, reason from observatory.remediations where id = $1", [id])).rows[0]
const control = async () => (await webhook.control()).state
/** As a process leaves it that ended before the job was started, or while it ran. */
const left = async ({ id }: Waiting, state: "approved" | "running") => {
	await client.query("update observatory.remediations set state = $2 where id = $1", [id, state])
	return () =>
		client.query(
			"select observatory_jobs.add_job('remediation.run', json_build_object('id', $1::int), job_key := 'remediation.run ' || $1)",
			[id],
		)
}
const close = ({ incident }: Waiting) =>
	client.query("update observatory.incidents set verdict = 'false_positive' where id = $1", [incident])

describe("approving a remediation is refused, and says why,", () => {
	const refused = async (one: Waiting, why: RegExp) => {
		const response = await webhook.approve(one.id)
		expect(response.status).toBe(409)
		expect(await response.text()).toMatch(why)
		expect(await row(one)).toMatchObject({ state: "awaiting_approval" })
		expect(await control()).not.toBe("stop")
	}

	it("when the mode is shadow by now", async () => {
		const one = await waiting("shadow")
		await mode("shadow")
		await refused(one, /mode is now shadow/)
	})

	it("when the action itself objects by now", async () => {
		const one = await waiting("objection")
		await webhook.change("pause")
		await refused(one, /paused already/)
		await webhook.change("resume")
	})

	it("while a maintenance window covers the incident", async () => {
		const one = await waiting("maintenance")
		const { id } = await window("maintenance")
		await refused(one, /a maintenance window covers the incident/)
		await webhook.endWindow(id)
	})

	it("when a person has closed the incident", async () => {
		const one = await waiting("closed")
		await close(one)
		await refused(one, /the incident is resolved or closed/)
	})
})

describe("a remediation that was approved before an outage is withheld", () => {
	const withheld = async (one: Waiting, prepare: () => Promise<unknown>, reason: string) => {
		const run = await left(one, "approved")
		await prepare()
		await run()
		expect(
			await eventually(
				() => row(one),
				({ state }) => state !== "approved",
			),
		).toEqual({ state: "withheld", reason })
		expect(await control()).toBe("run")
	}

	it("when the mode is shadow by now", async () => {
		await withheld(await waiting("late shadow"), () => mode("shadow"), "shadow_mode")
	})
	it("when a maintenance window covers the incident by now", async () => {
		await withheld(await waiting("late window"), () => window("late window"), "maintenance")
	})
	it("when a person has closed the incident", async () => {
		const one = await waiting("late closed")
		await withheld(one, () => close(one), "incident_ended")
	})
})

describe("an incident that a person has closed", () => {
	it("has nothing done for it, also when it is closed while that is being decided", async () => {
		await mode("auto")
		// No decision can be finished meanwhile.
		await client.query("begin; select from observatory.automation for update")
		await webhook.notify({ fingerprint: "deciding", labels: { remediation: ACTION } })
		const { rows } = await client.query(
			"select id::int as incident from observatory.incidents where fingerprint = $1",
			["deciding"],
		)
		await close(rows[0])
		await client.query("commit")
		const { rows: decided } = await eventually(
			() =>
				client.query("select state, reason from observatory.remediations where incident_id = $1", [rows[0].incident]),
			(result) => result.rows.length > 0,
		)
		expect(decided).toEqual([{ state: "withheld", reason: "incident_ended" }])
		expect(await control()).toBe("run")
	})

	it("pages no one when what was under way for it fails", async () => {
		const pages = async ({ id }: Waiting) =>
			(await client.query("select from observatory.pages where key = $1", [`remediation_failed ${id}`])).rowCount
		const [open, closed] = [await waiting("open failed"), await waiting("closed failed")]
		await close(closed)
		for (const one of [open, closed]) {
			await (await left(one, "running"))()
			await eventually(
				() => row(one),
				({ state }) => state === "failed",
			)
		}
		expect([await pages(open), await pages(closed)]).toEqual([1, 0])
	})
})
