import { and, asc, eq, inArray, isNull } from "drizzle-orm"
import { z } from "zod"
import { incidents } from "../../../core/db/schema/index.ts"
import type { Context } from "../../context.ts"
import { identifier } from "../../domain/input.ts"
import type { Who } from "../../store/audit/append.ts"
import type { Incident } from "../../store/incidents/list.ts"
import { recordIn } from "../../store/record.ts"
import { onAcknowledged } from "./lifecycle.ts"

/** The most incidents of one request: as many as a page of open incidents shows. */
export const MOST_SELECTED = 200

/** The selected incidents, as a form or JSON sends them. */
export const selectionInput = z.object({
	ids: z
		.preprocess(
			(ids) => (ids === undefined ? [] : [ids].flat().map(String)),
			z
				.array(identifier)
				.min(1, "select at least one incident")
				.max(MOST_SELECTED, `at most ${MOST_SELECTED} incidents at once`),
		)
		.transform((ids) => [...new Set(ids)]),
})

export interface AcknowledgedAll {
	readonly acknowledged: readonly Incident[]
	/** The ids that were left as they are: acknowledged before, resolved, or unknown. */
	readonly unchanged: readonly number[]
}

/**
 * A person acknowledges several open incidents, in one transaction. Those that are acknowledged or resolved meanwhile
 * stay as they are, and do not keep the others from being acknowledged.
 */
export async function acknowledgeAll(
	ctx: Context,
	{ ids, by }: { readonly ids: readonly number[]; readonly by: Who },
): Promise<AcknowledgedAll> {
	const now = new Date(ctx.clock.now())
	return recordIn(
		ctx,
		"acknowledgement",
		async (tx) => {
			const waiting = await tx
				.select({ id: incidents.id })
				.from(incidents)
				.where(and(inArray(incidents.id, [...ids]), eq(incidents.status, "firing"), isNull(incidents.acknowledgedAt)))
				.orderBy(asc(incidents.id))
				.for("update")
			const changing = waiting.map(({ id }) => id)
			if (changing.length === 0) return { acknowledged: [], unchanged: ids }
			const acknowledged = await tx
				.update(incidents)
				.set({ acknowledgedAt: now, acknowledgedBy: by.actor, updatedAt: now })
				.where(inArray(incidents.id, changing))
				.returning()
			acknowledged.sort((a, b) => a.id - b.id)
			await onAcknowledged(tx, ctx.settings, acknowledged, by, now)
			const changed = new Set(changing)
			return { acknowledged, unchanged: ids.filter((id) => !changed.has(id)) }
		},
		({ acknowledged }) => acknowledged.length > 0,
	)
}
