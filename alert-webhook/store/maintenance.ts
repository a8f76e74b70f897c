import { and, desc, eq, gt, isNotNull, isNull, lte, or } from "drizzle-orm"
import { z } from "zod"
import { maintenanceWindows } from "../../core/db/schema/index.ts"
import { ObservatoryError } from "../../core/lib/errors.ts"
import { cleanText } from "../../core/lib/plain-text.ts"
import type { Context, Transaction } from "../context.ts"
import { instant } from "../domain/input.ts"
import { matches, parseMatchers, showMatchers } from "../domain/matchers.ts"
import { appendAudit, type Who } from "./audit/append.ts"

export type MaintenanceWindow = typeof maintenanceWindows.$inferSelect

const LONGEST_MS = 7 * 86_400_000

/** A window, as the API and the console's form send it. Without a start it starts now. */
export const openWindowInput = z.object({
	matchers: z
		.union([z.string(), z.array(z.string()).transform((all) => all.join("\n"))])
		.pipe(z.string().max(2_000))
		.transform((text, ctx) => {
			const result = parseMatchers(cleanText(text))
			if ("matchers" in result) return result.matchers
			ctx.addIssue({ code: "custom", message: result.problem })
			return z.NEVER
		}),
	startsAt: z.preprocess((text) => (text === "" ? undefined : text), instant.optional()),
	endsAt: instant,
	reason: z.string().trim().min(1, "expected a reason").max(500).transform(cleanText),
})

/** Opens a window. @throws ObservatoryError `bad_request` when its times are not valid */
export async function openWindow(
	ctx: Context,
	{ matchers, endsAt, reason, by, ...given }: z.output<typeof openWindowInput> & { by: Who },
): Promise<MaintenanceWindow> {
	const now = new Date(ctx.clock.now())
	const startsAt = given.startsAt ?? now
	if (endsAt <= startsAt || endsAt <= now)
		throw new ObservatoryError("bad_request", "endsAt: expected a time in the future, after the start")
	if (endsAt.getTime() - Math.max(startsAt.getTime(), now.getTime()) > LONGEST_MS)
		throw new ObservatoryError("bad_request", "endsAt: a window may last a week")
	return ctx.db.transaction(async (tx) => {
		const [row] = await tx
			.insert(maintenanceWindows)
			.values({ matchers, startsAt, endsAt, reason, createdBy: by.actor, createdAt: now })
			.returning()
		if (!row) throw new ObservatoryError("internal", "The window was not stored.")
		const details = { matchers: showMatchers(matchers), startsAt, endsAt, reason }
		await appendAudit(tx, { by, action: "maintenance.open", target: `maintenance:${row.id}`, details, at: now })
		return row
	})
}

/** Ends a window now, or cancels one that has not started. @throws ObservatoryError `not_found` or `conflict` */
export async function endWindow(ctx: Context, { id, by }: { id: number; by: Who }): Promise<MaintenanceWindow> {
	const now = new Date(ctx.clock.now())
	return ctx.db.transaction(async (tx) => {
		const [row] = await tx.select().from(maintenanceWindows).where(eq(maintenanceWindows.id, id)).for("update")
		if (!row) throw new ObservatoryError("not_found", `There is no maintenance window ${id}.`)
		if (row.endedAt || row.endsAt <= now) throw new ObservatoryError("conflict", `Maintenance window ${id} has ended.`)
		const startsAt = row.startsAt < now ? row.startsAt : now
		// A cancelled one has suppressed nothing: nothing follows from its end.
		const endedAt = row.startedAt || row.startsAt <= now ? null : now
		const set = { startsAt, endsAt: now, endedAt, endedBy: by.actor }
		const [ended] = await tx.update(maintenanceWindows).set(set).where(eq(maintenanceWindows.id, id)).returning()
		await appendAudit(tx, { by, action: "maintenance.end", target: `maintenance:${id}`, at: now })
		return ended ?? row
	})
}

/** Active and planned windows, and those that ended within a day, newest first. */
export const listWindows = ({ db, clock }: Pick<Context, "db" | "clock">): Promise<MaintenanceWindow[]> =>
	db
		.select()
		.from(maintenanceWindows)
		.where(or(isNull(maintenanceWindows.endedAt), gt(maintenanceWindows.endedAt, new Date(clock.now() - 86_400_000))))
		.orderBy(desc(maintenanceWindows.id))
		.limit(200)

/**
 * The condition of active windows: they have started, by the stored mark or by the clock. Windows past their end stay
 * active until the end has been processed.
 */
export const isActive = (now: Date) =>
	and(
		isNull(maintenanceWindows.endedAt),
		or(isNotNull(maintenanceWindows.startedAt), lte(maintenanceWindows.startsAt, now)),
	)

export const activeWindows = ({ db }: { db: Context["db"] | Transaction }, now: Date): Promise<MaintenanceWindow[]> =>
	db.select().from(maintenanceWindows).where(isActive(now))

/** The active window of an incident with the latest end; undefined when there is none. */
export async function activeWindowFor(
	db: Context["db"] | Transaction,
	labels: Readonly<Record<string, string>>,
	now: Date,
): Promise<MaintenanceWindow | undefined> {
	const matching = (await activeWindows({ db }, now)).filter(({ matchers }) => matches(matchers, labels))
	return matching.sort((a, b) => b.endsAt.getTime() - a.endsAt.getTime())[0]
}

/** The end of a window resumes its incidents; suppressed work checks again this much later, in case that failed. */
const RECHECK_MS = 10_000

/** When suppressed work checks again, in milliseconds since the epoch. */
export const suppressedUntil = ({ endsAt }: MaintenanceWindow, now: number): number =>
	Math.max(endsAt.getTime(), now) + RECHECK_MS
