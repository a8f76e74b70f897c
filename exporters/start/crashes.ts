import type pg from "pg"
import { crashes } from "../../core/catalogue/subjects/observatory.ts"
import { createDatabase } from "../../core/db/client.ts"
import type { Lifecycle } from "../../core/lib/lifecycle.ts"
import type { Collector } from "../../core/metrics/collector.ts"
import { addTotals, readTotals, samplesOf, Tally } from "../../core/metrics/durable.ts"
import type { ExporterContext } from "./context.ts"

/** Under which they are kept. */
const READER = "exporters"

/** Counts in our database when this process ends because of an error that nothing handled, and exports how often it did. */
export function countCrashes(
	{ settings, log }: ExporterContext,
	lifecycle: Pick<Lifecycle, "onCrash">,
	own: pg.Pool,
): Collector {
	const db = createDatabase(own)
	lifecycle.onCrash(async (kind, error) => {
		log.error({ err: error, kind }, "an error was not handled; the process ends, to be started again")
		const tally = new Tally()
		tally.count(crashes, { kind })
		await addTotals(db, READER, tally.totals)
	})
	return {
		name: "crashes",
		group: settings.ownGroup,
		emits: [crashes],
		intervalMs: 60_000,
		timeoutMs: 8_000,
		collect: async () => samplesOf([crashes], await readTotals(db, READER)),
	}
}
