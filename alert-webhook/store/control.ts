import { control } from "../../core/db/schema/index.ts"
import { ObservatoryError } from "../../core/lib/errors.ts"
import type { Context, Transaction } from "../context.ts"

export type Control = Omit<typeof control.$inferSelect, "only">

/** The control state. */
export async function readControl({ db }: { db: Context["db"] | Transaction }): Promise<Control> {
	const [row] = await db.select().from(control)
	if (!row)
		throw new ObservatoryError("database_wrong_schema", "The row that says whether sessions may work is missing.")
	const { only: _, ...state } = row
	return state
}
