import { expect, inject, it } from "vitest"
import { CRASH_POINTS } from "../../alert-webhook/domain/crash-points.ts"
import { withoutAlertmanager } from "../support/alertmanager.ts"
import { killAgainAndAgain } from "../support/kill/loop.ts"
import { findProgram } from "../support/process.ts"
import { migratedDatabase } from "../support/template-database.ts"

/** At each step once. More of them: `WEBHOOK_KILLS=200`, or `npm run bench -- webhook-kill`. */
const KILLS = Number(process.env.WEBHOOK_KILLS ?? CRASH_POINTS.length)
const missing = (findProgram("prometheus") === undefined && !process.env.CI) || withoutAlertmanager

it.skipIf(missing)(
	"loses nothing and does nothing twice, at whatever step its replicas die (skipped only where no servers are installed)",
	{ timeout: 300_000 + KILLS * 15_000 },
	async () => {
		const result = await killAgainAndAgain(await migratedDatabase(inject("postgresUrl")), KILLS, 1)
		expect(result.faults).toEqual([])
		expect(result.untried).toEqual([])
		expect(result.audited).toBe(true)
		expect(result.kills).toBeGreaterThanOrEqual(KILLS)
		const { retried, pulls, cutShort, heard, acknowledgedIncidents, closed, resumed, expired, changes, calls } = result
		for (const happened of [
			retried,
			pulls,
			cutShort,
			heard,
			acknowledgedIncidents,
			closed,
			resumed,
			expired,
			changes,
			calls,
		])
			expect(happened).toBeGreaterThan(0)
	},
)
