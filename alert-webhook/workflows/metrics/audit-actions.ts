import { count, gt, max } from "drizzle-orm"
import { auditActions } from "../../../core/catalogue/subjects/observatory.ts"
import { auditLogs } from "../../../core/db/schema/index.ts"
import type { Collector } from "../../../core/metrics/collector.ts"
import { sample } from "../../../core/metrics/samples.ts"
import type { Context } from "../../context.ts"

/**
 * Counts the audit log by action. Its entries become visible in the order of their numbers, because each locks the end of
 * the chain, so a run reads only what is new since the last one.
 */
export function auditActionsCollector({ db }: Pick<Context, "db">): Collector {
	const totals = new Map<string, number>()
	let read = 0
	return {
		name: "audit_actions",
		group: "safety",
		emits: [auditActions],
		intervalMs: 15_000,
		timeoutMs: 10_000,
		async collect() {
			const fresh = await db
				.select({ action: auditLogs.action, entries: count(), last: max(auditLogs.seq) })
				.from(auditLogs)
				.where(gt(auditLogs.seq, read))
				.groupBy(auditLogs.action)
			for (const { action, entries, last } of fresh) {
				totals.set(action, (totals.get(action) ?? 0) + entries)
				read = Math.max(read, last ?? 0)
			}
			return [...totals].map(([action, total]) => sample(auditActions, { action }, total))
		},
	}
}
