import type pg from "pg"
import { organisationCost, organisationMissing, organisationTokens } from "../../../core/catalogue/subjects/usage.ts"
import { inTransaction } from "../../../core/db/session.ts"
import type { Clock } from "../../../core/lib/clock.ts"
import type { Collector } from "../../../core/metrics/collector.ts"
import { sample } from "../../../core/metrics/samples.ts"
import type { AdminApi } from "./admin-api.ts"

const HOUR_MS = 3_600_000
const HOURS = 24
/** The report of an hour is complete this long after its end. */
const LATE_MS = HOUR_MS

/**
 * Compares the transcripts with the organisation's own report, hour by hour: what is on its bill must be at least what we
 * saw. It has the work of all others of the organisation, too.
 */
export function organisationCollector(options: {
	readonly api: AdminApi
	readonly pool: pg.Pool
	readonly clock: Clock
	readonly intervalMs?: number
}): Collector {
	const { api, pool, clock, intervalMs = 600_000 } = options
	return {
		name: "organisation",
		group: "autonomous",
		emits: [organisationTokens, organisationCost, organisationMissing],
		intervalMs,
		timeoutMs: 60_000,
		async collect(signal) {
			const to = new Date(Math.floor((clock.now() - LATE_MS) / HOUR_MS) * HOUR_MS)
			const from = new Date(to.getTime() - HOURS * HOUR_MS)
			const reported = await api.tokensByHour(from, to, signal)
			const today = new Date(`${new Date(clock.now()).toISOString().slice(0, 10)}T00:00:00Z`)
			const cost = await api.cost(today, new Date(today.getTime() + HOURS * HOUR_MS), signal)
			const what = "Adding up transcripts by hour"
			const ours = await inTransaction(pool, { what, signal }, (client) => tokensByHour(client, from, to))
			let missing = 0
			for (const [hour, tokens] of ours) missing += Math.max(0, tokens - (reported.get(hour) ?? 0))
			const total = [...reported.values()].reduce((sum, tokens) => sum + tokens, 0)
			return [
				sample(organisationTokens, {}, total),
				sample(organisationCost, {}, cost),
				sample(organisationMissing, {}, missing),
			]
		},
	}
}

async function tokensByHour(client: pg.ClientBase, from: Date, to: Date): Promise<Map<number, number>> {
	const { rows } = await client.query<{ hour: Date; tokens: number }>(
		`select date_trunc('hour', at, 'UTC') as hour,
			sum(input_tokens + output_tokens + cache_read_tokens + cache_creation_tokens)::float8 as tokens
		from observatory.transcript_messages where at >= $1 and at < $2 group by 1`,
		[from, to],
	)
	return new Map(rows.map(({ hour, tokens }) => [hour.getTime(), tokens]))
}
