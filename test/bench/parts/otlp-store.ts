import { createPool } from "../../../core/db/client.ts"
import { migrate } from "../../../core/db/migrate.ts"
import { createDatabase, startPostgres } from "../../support/postgres.ts"
import { ascending, median } from "./figures.ts"
import { ask, read, startReceiver } from "./otlp-send.ts"

const WARM_UP_MS = 2_000
const ROUND_MS = 3_000
const ROUNDS = 3
/** The least of its rate that the intake has while spans are stored. */
const LEAST = 0.9

/**
 * Prints the rate of the intake with and without a store, round by round in turn, then what became of the spans that were
 * to be stored, and what one takes on the disk. Each receiver loads itself, so that it is never idle and its own CPU time is
 * the measure, whatever else the machine does. True when the intake is as fast as it
 * must be and each span is accounted for.
 */
export async function measureStore(): Promise<boolean> {
	const postgres = await startPostgres()
	const url = await createDatabase(postgres.url())
	await migrate(url)
	const pool = createPool(url, { applicationName: "bench", max: 1 })
	const [without, storing] = [startReceiver(), startReceiver(url)]
	try {
		const rates: Record<"without" | "storing", number[]> = { without: [], storing: [] }
		for (let round = 0; round <= ROUNDS; round++)
			for (const [name, child] of [
				["without", without],
				["storing", storing],
			] as const) {
				const before = await read(child)
				const after = await ask(child, { loadMs: round === 0 ? WARM_UP_MS : ROUND_MS })
				if (round > 0) rates[name].push((after.processed - before.processed) / (after.cpu - before.cpu))
				await read(child, true)
			}
		const [off, on] = [median(ascending(rates.without)), median(ascending(rates.storing))]
		const reading = await read(storing, true)
		const { offered, stored, storeDropped, storeFiltered } = reading
		const { rows } = await pool.query<{ kept: string; bytes: string }>(
			`select count(*) as kept, (select sum(pg_total_relation_size(inhrelid)) from pg_inherits
				where inhparent = 'observatory.spans'::regclass) as bytes from observatory.spans`,
		)
		const kept = Number(rows[0]?.kept)
		const exact = offered === stored + storeDropped + storeFiltered && kept === stored
		const spans = (rate: number) => Math.round(rate).toLocaleString("en")
		console.log(
			`\nintake of real spans: ${spans(off)} per second of one core without a store, ${spans(on)} with one: ${(on / off).toFixed(3)} of it`,
		)
		console.log(
			`  offered ${offered} = stored ${stored} + dropped ${storeDropped} + filtered ${storeFiltered}, and ${kept} in the table: ${exact}`,
		)
		console.log(`  ${Math.round(Number(rows[0]?.bytes) / kept)} bytes a span with indexes`)
		return on / off >= LEAST && exact
	} finally {
		without.disconnect()
		storing.disconnect()
		await pool.end()
		await postgres.remove()
	}
}
