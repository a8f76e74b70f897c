import { killAgainAndAgain } from "../support/kill/loop.ts"
import { createDatabase, startPostgres } from "../support/postgres.ts"

const KILLS = Number(process.env.WEBHOOK_KILLS ?? 200)
const SEED = Number(process.env.WEBHOOK_KILL_SEED ?? Date.now() % 100_000)

/**
 * Two replicas die at every step of intake, remediation, verification, escalation, maintenance and control, again and
 * again while everything continues. It passes when nothing is lost or doubled, and every step was died at.
 */
export async function run(): Promise<boolean> {
	const postgres = await startPostgres({ durable: true })
	try {
		const startedAt = performance.now()
		const result = await killAgainAndAgain(await createDatabase(postgres.url()), KILLS, SEED, (kills) => {
			process.stderr.write(`\r${kills} of ${KILLS} kills`)
		})
		process.stderr.write("\n")
		const seconds = Math.round((performance.now() - startedAt) / 1000)
		const { faults, audited, untried } = result
		process.stdout.write(
			[
				`${result.kills} kills of one of two replicas in ${seconds} s, seed ${SEED}`,
				...[...result.deaths].map(([step, deaths]) => `  ${step.padEnd(28)} ${String(deaths).padStart(3)}`),
				`  ${"before it listened".padEnd(28)} ${String(result.whileStarting).padStart(2)}`,
				`  ${"elsewhere".padEnd(28)} ${String(result.fromOutside).padStart(3)}`,
				`answered with 200: ${result.accepted} notifications, ${result.retried} tries in vain; ${result.incidents} incidents`,
				`${result.pulls} actions done, ${result.cutShort} remediations cut short and paged; ${result.heard} pages heard, ${result.acknowledgedIncidents} incidents acknowledged, ${result.closed} closed, ${result.deadlocks} deadlocks`,
				`${result.windows} maintenance windows, ${result.resumed} incidents resumed; ${result.expired} acknowledgements expired; ${result.changes} stops, pauses and their ends; ${result.calls} calls approved and run`,
				faults.length === 0 ? "nothing was lost, nothing was doubled" : `${faults.length} FAULTS:`,
				...faults.slice(0, 20),
				...(untried.length > 0 ? [`NEVER DIED AT ${untried.join(", ")}`] : []),
				`the audit chain is ${audited ? "whole" : "BROKEN"}`,
				"",
			].join("\n"),
		)
		return faults.length === 0 && audited && untried.length === 0
	} finally {
		await postgres.remove()
	}
}
