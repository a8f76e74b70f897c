import { afterAll, beforeAll, expect, inject, it } from "vitest"
import { eventually } from "../support/process.ts"
import { migratedDatabase } from "../support/template-database.ts"
import { startTestWebhook, type TestWebhook } from "../support/webhook.ts"

let webhook: TestWebhook

beforeAll(async () => {
	webhook = await startTestWebhook(await migratedDatabase(inject("postgresUrl")), {
		loads: false,
		env: { VERIFY_EVERY: "200ms" },
	})
	for (const action of ["emergencyStop", "pauseAutonomousSessions"] as const)
		await webhook.setPolicy({ action, mode: "auto" })
})
afterAll(() => webhook?.stop())

const withheld = (alertname: string) =>
	eventually(async () => {
		const incident = await webhook.incidentOf(alertname)
		const row = (await webhook.remediations()).find(({ incidentId }) => incidentId === incident?.id)
		return row?.state === "withheld" && row
	})

it("does not stop everything for an alert that no rule has, and says and counts it", async () => {
	await webhook.notify({ name: "forged", fingerprint: "f000000000000001", labels: { remediation: "emergencyStop" } })
	const row = await withheld("forged")
	expect(row.reason).toBe("not_compiled")
	expect((await webhook.control()).state).toBe("run")
	expect(await webhook.timeline(row.incidentId)).toContain("remediation_withheld")
	expect(await webhook.page(`/incidents/${row.incidentId}`)).toContain("did not come from alerts.yaml")
	await eventually(
		() => webhook.sample('observatory_remediations_withheld_total{action="emergencyStop",reason="not_compiled"}'),
		(count) => count === 1,
	)
})

it("ignores a heartbeat label and an escalation label that no alert of that name has, and counts them", async () => {
	const labels = { heartbeat: "true", escalation: "night" }
	await webhook.notify({ name: "fake_watchdog", fingerprint: "f000000000000004", labels })
	expect((await webhook.incidentOf("fake_watchdog"))?.labels).not.toHaveProperty("escalation")
	webhook.loadRules({ alerts: [{ labels: { alertname: "watchdog", ...labels } }] })
	await webhook.notify({ name: "watchdog", fingerprint: "f000000000000005", labels })
	expect(await webhook.incidentOf("watchdog")).toBeUndefined()
	const metrics = await webhook.metrics()
	for (const label of ["heartbeat", "escalation"])
		expect(metrics).toContain(`observatory_alert_labels_ignored_total{label="${label}"} 1`)
})

it("does nothing for a real alert with a target for which it does not fire, and says and counts it", async () => {
	const real = { alertname: "worker_down", remediation: "pauseAutonomousSessions", worker: "a" }
	webhook.loadRules({ alerts: [{ labels: real }] })
	for (const [i, worker] of ["b", "c"].entries()) {
		const labels = { remediation: real.remediation, worker }
		await webhook.notify({ name: real.alertname, fingerprint: `f00000000000001${i}`, labels })
		const row = await withheld(real.alertname)
		expect(row.reason).toBe("not_firing")
		expect(await webhook.page(`/incidents/${row.incidentId}`)).toContain("does not have this alert with these labels")
	}
	expect((await webhook.control()).state).toBe("run")
	await eventually(
		() =>
			webhook.sample('observatory_remediations_withheld_total{action="pauseAutonomousSessions",reason="not_firing"}'),
		(count) => count === 2,
	)
})

it("believes no other remediation than the one that the alert of that name is compiled with", async () => {
	const alert = { name: "loop", fingerprint: "f000000000000002" }
	webhook.loadRules({ alerts: [{ labels: { alertname: "loop", remediation: "pauseAutonomousSessions" } }] })
	await webhook.notify({ ...alert, labels: { remediation: "emergencyStop" } })
	expect((await withheld("loop")).reason).toBe("not_compiled")
	expect((await webhook.control()).state).toBe("run")

	await webhook.notify({
		...alert,
		fingerprint: "f000000000000003",
		labels: { remediation: "pauseAutonomousSessions" },
	})
	await eventually(
		() => webhook.control(),
		({ state }) => state === "pause",
	)
})
