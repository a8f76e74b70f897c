import { expect, it } from "vitest"
import type { AlertRule } from "../../core/clients/prometheus.ts"
import { manualClock } from "../../core/lib/clock.ts"
import { silentLogger } from "../../core/lib/log.ts"
import { CompiledAlerts } from "./compiled-alerts.ts"

const rule = (name: string): AlertRule => ({
	name,
	query: "vector(1)",
	duration: 0,
	labels: {},
	annotations: {},
	health: "ok",
	file: "alerts.yml",
	every: 15,
})

/** A Prometheus whose rules grow by one with each reading, or that fails. */
function prometheus() {
	const made = {
		readings: 0,
		fails: false,
		async alertRules() {
			if (made.fails) throw new Error("no answer")
			made.readings++
			return Array.from({ length: made.readings }, (_, i) => rule(`alert_${i}`))
		},
	}
	return made
}

it("one reading serves the intake and those who accept its age", async () => {
	const [clock, server] = [manualClock(0), prometheus()]
	const alerts = new CompiledAlerts(server, clock, silentLogger)
	const first = await alerts.upTo(() => true)
	clock.advance(15_000)
	expect(await alerts.recent(15_000)).toBe(first)
	expect(server.readings).toBe(1)
	clock.advance(1)
	expect(await alerts.recent(15_000)).toHaveLength(2)
	expect(await alerts.upTo(({ length }) => length === 2)).toHaveLength(2)
	expect(server.readings).toBe(2)
	expect(await alerts.upTo(({ length }) => length === 3)).toHaveLength(3)
})

it("a failure reaches those who need recent alerts, and the intake continues with the last ones", async () => {
	const [clock, server] = [manualClock(0), prometheus()]
	const alerts = new CompiledAlerts(server, clock, silentLogger)
	await alerts.recent(0)
	clock.advance(1)
	server.fails = true
	await expect(alerts.recent(0)).rejects.toThrow("no answer")
	expect(await alerts.upTo(() => false)).toHaveLength(1)
})
