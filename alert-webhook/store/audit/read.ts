import { and, asc, desc, eq, gt, gte, lt, lte } from "drizzle-orm"
import { z } from "zod"
import { auditLogs } from "../../../core/db/schema/index.ts"
import { printableJson } from "../../../core/lib/plain-text.ts"
import type { Context } from "../../context.ts"
import type { AuditRow } from "../../domain/audit-chain.ts"
import { cursor, moment, wholeNumber } from "../../domain/input.ts"

const PAGE = 1_000

/** Every entry, oldest first, a page at a time. */
export async function* allEntries({ db }: Pick<Context, "db">): AsyncGenerator<AuditRow> {
	for (let after = 0; ; ) {
		const page = await db
			.select()
			.from(auditLogs)
			.where(gt(auditLogs.seq, after))
			.orderBy(asc(auditLogs.seq))
			.limit(PAGE)
		yield* page
		const last = page.at(-1)
		if (last === undefined || page.length < PAGE) return
		after = last.seq
	}
}

/** An entry as a line of JSON, safe to print. */
export const exportLine = (row: AuditRow): string => `${printableJson(JSON.stringify(row))}\n`

export const searchAuditInput = z.object({
	actor: z.string().max(200).optional(),
	action: z.string().max(200).optional(),
	target: z.string().max(200).optional(),
	from: moment.optional(),
	to: moment.optional(),
	limit: wholeNumber(1, 500).default(100),
	/** The sequence number of the last entry of the page before. */
	cursor,
})

/** Entries that match every filter, newest first. */
export function searchAudit({ db }: Pick<Context, "db">, input: z.input<typeof searchAuditInput>): Promise<AuditRow[]> {
	const { actor, action, target, from, to, limit, cursor } = searchAuditInput.parse(input)
	return db
		.select()
		.from(auditLogs)
		.where(
			and(
				actor ? eq(auditLogs.actor, actor) : undefined,
				action ? eq(auditLogs.action, action) : undefined,
				target ? eq(auditLogs.target, target) : undefined,
				from ? gte(auditLogs.at, new Date(from)) : undefined,
				to ? lte(auditLogs.at, new Date(to)) : undefined,
				cursor ? lt(auditLogs.seq, cursor) : undefined,
			),
		)
		.orderBy(desc(auditLogs.seq))
		.limit(limit)
}
