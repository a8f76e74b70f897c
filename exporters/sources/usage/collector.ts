import type pg from "pg"
import {
	USAGE_SOURCES,
	usageCompared,
	usageMissing,
	usageSilentSessions,
} from "../../../core/catalogue/subjects/usage.ts"
import { inTransaction } from "../../../core/db/session.ts"
import type { Clock } from "../../../core/lib/clock.ts"
import type { Logger } from "../../../core/lib/log.ts"
import type { Collector } from "../../../core/metrics/collector.ts"
import { sample } from "../../../core/metrics/samples.ts"
import { compareUsage } from "./compare.ts"
import type { UsageRecorder } from "./recorder.ts"
import { pruneUsage, sessionsOf } from "./rows.ts"

const HOUR_MS = 3_600_000
const WINDOW_MS = 24 * HOUR_MS
/** A week of comparisons can be looked up in the table. */
const KEPT_MS = 8 * WINDOW_MS

/** Stores what telemetry says that sessions used, and compares it with their transcripts. */
export function usageCollector(options: {
	readonly pool: pg.Pool
	readonly recorder: UsageRecorder
	readonly clock: Clock
	readonly log: Logger
	readonly intervalMs?: number
}): Collector {
	const { pool, recorder, clock, log, intervalMs = 30_000 } = options
	let prunedAt = Number.NEGATIVE_INFINITY
	return {
		name: "usage",
		group: "autonomous",
		emits: [usageSilentSessions, usageMissing, usageCompared],
		intervalMs,
		timeoutMs: 20_000,
		async collect(signal) {
			const now = clock.now()
			const what = "Comparing telemetry with transcripts"
			const { sessions, stored } = await inTransaction(pool, { what, signal }, async (client) => {
				const { stored } = await recorder.store(client)
				if (now - prunedAt > HOUR_MS) await pruneUsage(client, now - KEPT_MS)
				return { sessions: await sessionsOf(client, now, WINDOW_MS), stored }
			})
			stored()
			if (now - prunedAt > HOUR_MS) prunedAt = now
			const { silent, missing, tokens } = compareUsage(sessions, now)
			if (silent.telemetry > 0 || silent.transcripts > 0)
				log.warn({ silent }, "sessions are active in one source and silent in the other")
			return USAGE_SOURCES.flatMap((source) => [
				sample(usageSilentSessions, { source }, silent[source]),
				sample(usageMissing, { source }, missing[source]),
				sample(usageCompared, { source }, tokens[source]),
			])
		},
	}
}
