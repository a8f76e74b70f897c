/** How far the cost that the exporters count of made-up transcripts is from the truth. */
import { createPool } from "../../core/db/client.ts"
import { corpusOf } from "../fixtures/cost/corpus.ts"
import { TOKENS } from "../fixtures/cost/ledger.ts"
import { measureTranscripts } from "../fixtures/cost/measure.ts"
import { startPostgres } from "../support/postgres.ts"
import { makeTemplate, migratedDatabase } from "../support/template-database.ts"
import { count, table } from "./parts/figures.ts"

const START = Date.parse("2026-03-02T08:00:00Z")
const HOUR = 3_600_000
const SEEDS = [1, 2]
const SESSIONS = 60
/** The share by which cost may differ. */
const TOLERANCE = 0.005

export async function run(): Promise<boolean> {
	const postgres = await startPostgres()
	const rows = [["seed", "answers", "tokens", "counted", "cost", "counted", "error", "worst session"]]
	let right = true
	try {
		await makeTemplate(postgres.url())
		for (const seed of SEEDS) {
			const pool = createPool(await migratedDatabase(postgres.url()), { applicationName: "bench cost" })
			const corpus = corpusOf(seed, SESSIONS, START)
			const measured = await measureTranscripts(corpus, pool, START + 12 * HOUR)
			await pool.end()
			const { transcripts, sessions } = corpus.truth
			const equal = TOKENS.every((type) => measured.tokens[type] === transcripts.tokens[type])
			const error = measured.usd / transcripts.usd - 1
			right &&= equal && Math.abs(error) <= TOLERANCE
			const { session, usd } = measured.largestDifference
			const sum = (tokens: Readonly<Record<string, number>>) =>
				TOKENS.reduce((all, type) => all + (tokens[type] ?? 0), 0)
			rows.push([
				String(seed),
				count(transcripts.answers),
				count(sum(transcripts.tokens)),
				equal ? "equal" : count(sum(measured.tokens)),
				`$${transcripts.usd.toFixed(2)}`,
				`$${measured.usd.toFixed(2)}`,
				`${(100 * error).toFixed(3)} %`,
				`${session} $${usd.toFixed(2)} of $${(sessions.get(session) ?? 0).toFixed(2)}`,
			])
		}
	} finally {
		await postgres.stop()
	}
	process.stdout.write(`${table(rows)}\n`)
	return right
}
