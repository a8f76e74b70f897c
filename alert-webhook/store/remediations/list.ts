import { and, asc, desc, eq, lt } from "drizzle-orm"
import { remediations } from "../../../core/db/schema/index.ts"
import type { Context } from "../../context.ts"

export interface ListRemediations {
	readonly state?: string | undefined
	readonly limit: number
	readonly cursor?: number | undefined
}

/** Remediations, newest first. */
export const listRemediations = ({ db }: Pick<Context, "db">, { state, limit, cursor }: ListRemediations) =>
	db
		.select()
		.from(remediations)
		.where(
			and(
				state === undefined ? undefined : eq(remediations.state, state),
				cursor === undefined ? undefined : lt(remediations.id, cursor),
			),
		)
		.orderBy(desc(remediations.id))
		.limit(limit)

export const remediationsOf = ({ db }: Pick<Context, "db">, incidentId: number) =>
	db.select().from(remediations).where(eq(remediations.incidentId, incidentId)).orderBy(asc(remediations.id))
