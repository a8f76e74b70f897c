import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import pg from "pg"
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest"
import { startAlertmanager, type TestAlertmanager, withoutAlertmanager } from "../support/alertmanager.ts"
import { eventually } from "../support/process.ts"
import { migratedDatabase } from "../support/template-database.ts"
import { startTestWebhook, type TestWebhook } from "../support/webhook.ts"

const BEFORE = `
policies:
  old: { levels: [{ after: 0s, channels: [ops] }, { after: 1h, channels: [phone] }], acknowledgement_lasts: 2h }
  long: { levels: [{ after: 0s, channels: [ops] }, { after: 500ms, channels: [phone] }], repeat: 1h }
severities: { critical: old }
`
const AFTER = `
policies:
  new: { levels: [{ after: 0s, channels: [ops] }, { after: 1s, channels: [phone] }], acknowledgement_lasts: 5h }
  long: { levels: [{ after: 0s, channels: [ops] }], repeat: 1h }
severities: { critical: new }
`

const CONFIGURATION = "route: { receiver: ops }\nreceivers: [{ name: ops }, { name: phone }]\n"

/** What is left of each incident's escalation after a restart with another policies file, which two replicas share. */
describe.skipIf(withoutAlertmanager)(
	"a changed policies file (skipped only where no Alertmanager is installed)",
	() => {
		const webhooks: TestWebhook[] = []
		const ids = new Map<string, number>()
		let alertmanager: TestAlertmanager
		let client: pg.Client

		const first = () => {
			const [webhook] = webhooks
			if (!webhook) throw new Error("not started")
			return webhook
		}
		const idOf = (name: string) => ids.get(name) ?? 0
		const incidentOf = (name: string) => first().incident(idOf(name))
		const levels = async (name: string) =>
			(await incidentOf(name)).timeline.filter(({ kind }) => kind === "escalated").map(({ details }) => details.level)
		const acknowledge = (name: string) => first().acknowledge(idOf(name))
		const escalation = async (name: string) =>
			(await client.query("select * from observatory.escalations where incident_id = $1", [idOf(name)])).rows[0]
		/** Should have moved 40 seconds ago: what a job that found no policy left behind. */
		const isLate = (name: string, more = "") =>
			client.query(
				`update observatory.escalations set next_at = now() - interval '40 seconds' ${more} where incident_id = $1`,
				[idOf(name)],
			)
		const stop = async () => {
			for (const webhook of webhooks.splice(0)) await webhook.stop()
		}

		beforeAll(async () => {
			const databaseUrl = await migratedDatabase(inject("postgresUrl"))
			client = new pg.Client(databaseUrl)
			await client.connect()
			const file = path.join(mkdtempSync(path.join(tmpdir(), "observatory-policies-")), "policies.yaml")
			alertmanager = await startAlertmanager(CONFIGURATION)
			const env = { ESCALATION_POLICIES: file, ALERTMANAGER_URL: alertmanager.url }
			writeFileSync(file, BEFORE)
			webhooks.push(await startTestWebhook(databaseUrl, { env }))
			for (const [name, severity, policy, levelCount] of [
				["stuck", "critical", "old", 1],
				["renamed", "critical", "old", 1],
				["shortened", "critical", "long", 2],
				["stranded", "warning", "old", 1],
				["acknowledged", "critical", "old", 1],
				["free", "critical", "old", 1],
			] as const) {
				const labels = { escalation: policy }
				await first().notify({ name, fingerprint: name, severity, labels })
				const { rows } = await client.query("select id from observatory.incidents where fingerprint = $1", [name])
				ids.set(name, Number(rows[0].id))
				await eventually(
					() => levels(name),
					(all) => all.length === levelCount,
				)
			}
			expect((await acknowledge("acknowledged")).status).toBe(200)
			await stop()

			writeFileSync(file, AFTER)
			for (const name of ["renamed", "stranded"]) await isLate(name)
			for (const name of ["shortened", "acknowledged"])
				await isLate(name, ", acknowledged_until = now() - interval '40 seconds'")
			// The first that is found, and something is wrong with it.
			await isLate("stuck", ", anchor = now() - interval '1 day'")
			await client.query(`
			update observatory.escalations set next_at = next_at - interval '1 minute' where incident_id = ${idOf("stuck")};
			create function refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$;
			create trigger stuck before update on observatory.escalations for each row
			when (old.incident_id = ${idOf("stuck")}) execute function refuse()`)
			webhooks.push(...(await Promise.all([1, 2].map(() => startTestWebhook(databaseUrl, { env })))))
		})
		afterAll(async () => {
			await stop()
			await alertmanager?.stop()
			await client?.end()
		})

		it("pages the levels of the policy that applies now, when the one that it began with is gone", async () => {
			await eventually(
				() => levels("renamed"),
				(all) => all.length === 2,
			)
			expect(await levels("renamed")).toEqual([1, 2])
		})

		it("pages the last level that there is, when the policy has fewer than were paged", async () => {
			await eventually(
				() => levels("shortened"),
				(all) => all.length === 3,
			)
			expect(await levels("shortened")).toEqual([1, 2, 1])
			expect((await escalation("shortened")).next_at.getTime()).toBeGreaterThan(Date.now() + 3_000_000)
		})

		it("lets an acknowledgement expire all the same, and others last for the time that applies now", async () => {
			await eventually(
				() => incidentOf("acknowledged"),
				({ timeline }) => timeline.some(({ kind }) => kind === "acknowledgement_expired"),
			)
			expect((await acknowledge("free")).status).toBe(200)
			const lasts = (await escalation("free")).acknowledged_until.getTime() - Date.now()
			expect(lasts / 3_600_000).toBeCloseTo(5, 1)
		})

		it("ends where nothing applies any more, and says so", async () => {
			const { timeline } = await eventually(
				() => incidentOf("stranded"),
				(incident) => incident.timeline.some(({ kind }) => kind === "escalation_ended"),
			)
			expect(timeline.at(-1)).toMatchObject({ kind: "escalation_ended", details: { policy: "old" } })
			const ended =
				"select details from observatory.audit_logs where action = 'incident.escalation_end' and target = $1"
			expect((await client.query(ended, [`incident:${idOf("stranded")}`])).rows).toEqual([
				{ details: { policy: "old" } },
			])
			expect(await escalation("stranded")).toMatchObject({ next_at: null, ended_at: expect.any(Date) })
			expect(await first().page(`/incidents/${idOf("stranded")}`)).toContain("the policy old no longer exists")
		})

		it("leaves none late permanently, counts none that came due while no webhook ran, and is written down", async () => {
			const late =
				"select incident_id::int as id from observatory.escalations where next_at < now() - interval '30 seconds'"
			await eventually(
				async () => (await client.query(late)).rows.map(({ id }) => id),
				(all) => all.length === 1 && all[0] === idOf("stuck"),
			)
			const { rows } = await client.query(
				"select coalesce(sum(value), 0)::int as n from observatory.totals where series = 'observatory_escalations_late_total'",
			)
			expect(rows).toEqual([{ n: 0 }])
			expect(await first().verifyAudit()).toMatchObject({ whole: true })
		})
	},
)
