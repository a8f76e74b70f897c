import { killAgainAndAgain } from "../support/kill/loop.ts"
import { createDatabase, startPostgres } from "../support/postgres.ts"

const KILLS = Number(process.env.WEBHOOK_KILLS ?? 200)
const SEED = Number(process.env.WEBHOOK_KILL_SEED ?? Date.now() % 100_000)

/** kill -9 of two replicas, again and again while notifications pour in. It passes when nothing is lost or doubled. */
export async function run(): Promise<boolean> {
	const postgres = await startPostgres({ durable: true })
	try {
		const startedAt = performance.now()
		const result = await killAgainAndAgain(await createDatabase(postgres.url()), KILLS, SEED)
		const seconds = Math.round((performance.now() - startedAt) / 1000)
		const { faults, audited } = result
		process.stdout.write(
			[
				`${result.kills} times kill -9 of one of two replicas in ${seconds} s, seed ${SEED}`,
				`${result.underWay} with notifications under way, ${result.whileStarting} before it had begun to listen`,
				`answered with 200: ${result.accepted} notifications, ${result.retried} tries in vain; ${result.incidents} incidents`,
				faults.length === 0 ? "nothing acknowledged was lost, nothing was doubled" : `${faults.length} FAULTS:`,
				...faults.slice(0, 20),
				`the audit chain is ${audited ? "whole" : "BROKEN"}`,
				"",
			].join("\n"),
		)
		return faults.length === 0 && audited
	} finally {
		await postgres.remove()
	}
}
