import { count, gte } from "drizzle-orm"
import { incidents } from "../../../core/db/schema/index.ts"
import type { Context } from "../../context.ts"
import { VERDICTS } from "../../domain/verdict.ts"

const WINDOW_MS = 30 * 86_400_000

/** Incidents that were closed with a verdict within the last 30 days, by verdict. */
export async function countVerdicts({ db, clock }: Pick<Context, "db" | "clock">) {
	const rows = await db
		.select({ verdict: incidents.verdict, n: count() })
		.from(incidents)
		.where(gte(incidents.verdictAt, new Date(clock.now() - WINDOW_MS)))
		.groupBy(incidents.verdict)
	const counts = { true_positive: 0, false_positive: 0, expected: 0 }
	for (const verdict of VERDICTS) counts[verdict] = rows.find((row) => row.verdict === verdict)?.n ?? 0
	return counts
}
