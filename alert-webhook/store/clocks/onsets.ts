import { and, asc, eq, isNull } from "drizzle-orm"
import { incidentClocks, incidents } from "../../../core/db/schema/index.ts"
import type { Context, Transaction } from "../../context.ts"
import type { Onset } from "../../domain/clock/onset.ts"
import type { Who } from "../audit/append.ts"
import type { Incident } from "../incidents/list.ts"
import { type IncidentRecord, record } from "../record.ts"

/** Incidents whose onset is not known yet, the oldest first; not those that an earlier release counted. */
export async function withoutOnset({ db }: Pick<Context, "db">, limit: number): Promise<Incident[]> {
	const rows = await db
		.select({ incident: incidents })
		.from(incidents)
		.leftJoin(incidentClocks, eq(incidentClocks.incidentId, incidents.id))
		.where(and(isNull(incidentClocks.incidentId), isNull(incidents.countedAt)))
		.orderBy(asc(incidents.id))
		.limit(limit)
	return rows.map(({ incident }) => incident)
}

const PROMETHEUS: Who = { actor: "prometheus", address: null }

/** Stores onsets, each once by any replica, with their lines of the timeline. */
export async function saveOnsets(tx: Transaction, onsets: ReadonlyMap<number, Onset>): Promise<void> {
	const values = [...onsets].map(([incidentId, { at, certainty, from, pendingAt }]) => ({
		incidentId,
		onsetAt: new Date(at),
		onset: certainty,
		onsetFrom: from,
		pendingAt: pendingAt === undefined ? null : new Date(pendingAt),
	}))
	if (values.length === 0) return
	const saved = await tx.insert(incidentClocks).values(values).onConflictDoNothing().returning()
	await record(
		tx,
		saved.flatMap(({ incidentId, onsetAt, onset: certainty, onsetFrom: from, pendingAt }): IncidentRecord[] =>
			// Where Prometheus knows nothing, the firing is all that there is to say.
			pendingAt === null
				? []
				: [
						{ incidentId, event: { kind: "onset", certainty, from }, by: PROMETHEUS, at: onsetAt },
						{ incidentId, event: { kind: "pending" }, by: PROMETHEUS, at: pendingAt },
					],
		),
	)
}
