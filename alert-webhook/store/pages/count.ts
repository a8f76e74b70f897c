import { isNull } from "drizzle-orm"
import { notices } from "../../../core/db/schema/index.ts"
import type { Context } from "../../context.ts"

export const NOTICE_KINDS = ["escalation", "approval", "remediation_failed", "emergency_stop"] as const
export type NoticeKind = (typeof NOTICE_KINDS)[number]

/** Notices that stand, by kind, and how many of them Alertmanager has not taken yet. */
export async function countNotices({ db }: Pick<Context, "db">) {
	const rows = await db
		.select({ kind: notices.kind, sentAt: notices.sentAt })
		.from(notices)
		.where(isNull(notices.endedAt))
	const open: Record<NoticeKind, number> = { escalation: 0, approval: 0, remediation_failed: 0, emergency_stop: 0 }
	for (const kind of NOTICE_KINDS) open[kind] = rows.filter((row) => row.kind === kind).length
	return { open, unsent: rows.filter((row) => row.sentAt === null).length }
}
