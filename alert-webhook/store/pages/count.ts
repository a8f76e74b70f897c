import { isNull } from "drizzle-orm"
import { PAGE_KINDS } from "../../../core/catalogue/subjects/incidents.ts"
import { pages } from "../../../core/db/schema/index.ts"
import type { Context } from "../../context.ts"

export type PageKind = (typeof PAGE_KINDS)[number]

/** Open pages by kind, and how many of them Alertmanager has not accepted yet. */
export async function countPages({ db }: Pick<Context, "db">) {
	const rows = await db.select({ kind: pages.kind, sentAt: pages.sentAt }).from(pages).where(isNull(pages.endedAt))
	const countOf = (kind: PageKind) => rows.filter((row) => row.kind === kind).length
	const open = Object.fromEntries(PAGE_KINDS.map((kind) => [kind, countOf(kind)])) as Record<PageKind, number>
	return { open, unsent: rows.filter((row) => row.sentAt === null).length }
}
