import { isNull } from "drizzle-orm"
import { pages } from "../../../core/db/schema/index.ts"
import type { Context } from "../../context.ts"

export const PAGE_KINDS = ["escalation", "approval", "remediation_failed", "emergency_stop"] as const
export type PageKind = (typeof PAGE_KINDS)[number]

/** Open pages by kind, and how many of them Alertmanager has not accepted yet. */
export async function countPages({ db }: Pick<Context, "db">) {
	const rows = await db.select({ kind: pages.kind, sentAt: pages.sentAt }).from(pages).where(isNull(pages.endedAt))
	const open: Record<PageKind, number> = { escalation: 0, approval: 0, remediation_failed: 0, emergency_stop: 0 }
	for (const kind of PAGE_KINDS) open[kind] = rows.filter((row) => row.kind === kind).length
	return { open, unsent: rows.filter((row) => row.sentAt === null).length }
}
