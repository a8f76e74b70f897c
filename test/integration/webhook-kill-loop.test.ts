import { expect, inject, it } from "vitest"
import { killAgainAndAgain } from "../support/kill/loop.ts"
import { createDatabase } from "../support/postgres.ts"

/** More of them: `WEBHOOK_KILLS=200`, or `npm run bench -- webhook-kill`. */
const KILLS = Number(process.env.WEBHOOK_KILLS ?? 10)

it("loses nothing that it acknowledged and does nothing twice, however often its replicas are killed under load", {
	timeout: 240_000 + KILLS * 10_000,
}, async () => {
	const result = await killAgainAndAgain(await createDatabase(inject("postgresUrl")), KILLS, 1)
	expect(result.faults).toEqual([])
	expect(result.audited).toBe(true)
	expect(result.kills).toBeGreaterThanOrEqual(KILLS)
	expect(result.underWay).toBeGreaterThan(0)
	expect(result.incidents).toBeGreaterThan(0)
})
