import { eq, sql } from "drizzle-orm"
import type { AnyPgColumn } from "drizzle-orm/pg-core"
import { z } from "zod"
import { incidents } from "../../../core/db/schema/index.ts"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import { cleanText } from "../../../core/lib/plain-text.ts"
import type { Context } from "../../context.ts"
import { VERDICTS } from "../../domain/verdict.ts"
import type { Who } from "../../store/audit/append.ts"
import type { Incident } from "../../store/incidents/list.ts"
import { recordIn } from "../../store/record.ts"
import { onClosed } from "./lifecycle.ts"

export const closeInput = z.object({
	verdict: z.enum(VERDICTS),
	note: z.string().trim().max(2_000).default("").transform(cleanText),
})

export type Close = z.output<typeof closeInput> & { readonly id: number; readonly by: Who }

/**
 * A person closes an incident with a verdict on its alert. Nothing more is asked or paged about it, even while the alert
 * fires. A verdict may be changed; the timeline and the audit log keep every one.
 *
 * @throws ObservatoryError `not_found`
 */
export async function closeIncident(ctx: Context, { id, verdict, note, by }: Close): Promise<Incident> {
	const now = new Date(ctx.clock.now())
	return recordIn(ctx, "closing", async (tx) => {
		const [closed] = await tx
			.update(incidents)
			.set({
				verdict,
				verdictNote: note || null,
				verdictBy: by.actor,
				verdictAt: now,
				updatedAt: now,
				// A verdict on an open incident acknowledges it.
				acknowledgedAt: whileFiring(incidents.acknowledgedAt, now),
				acknowledgedBy: whileFiring(incidents.acknowledgedBy, by.actor),
			})
			.where(eq(incidents.id, id))
			.returning()
		if (!closed) throw new ObservatoryError("not_found", `There is no incident ${id}.`)
		await onClosed(tx, ctx.settings, { id, verdict, note, by }, now)
		return closed
	})
}

/** A column's value, or else `value`, while the alert fires: a resolved incident is not acknowledged afterwards. */
const whileFiring = (column: AnyPgColumn, value: Date | string) =>
	sql`case ${incidents.status} when 'firing' then coalesce(${column}, ${value}) else ${column} end`
