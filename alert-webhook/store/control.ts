import { control } from "../../core/db/schema/index.ts"
import { ObservatoryError } from "../../core/lib/errors.ts"
import type { Context, Transaction } from "../context.ts"

export type Control = Omit<typeof control.$inferSelect, "only">

/** The control state: that of the database, or the emergency stop that it does not have yet. */
export async function readControl({
	db,
	unsavedStop,
}: {
	readonly db: Context["db"] | Transaction
	readonly unsavedStop?: Context["unsavedStop"]
}): Promise<Control> {
	const [row] = await db.select().from(control)
	if (!row)
		throw new ObservatoryError("database_wrong_schema", "The row that says whether sessions may work is missing.")
	const { only: _, ...state } = row
	const stop = unsavedStop?.current
	if (stop === undefined || state.state === "stop") return state
	const { reason, by, at } = stop
	return { ...state, state: "stop", reason, revision: state.revision + 1, changedBy: by.actor, changedAt: new Date(at) }
}
