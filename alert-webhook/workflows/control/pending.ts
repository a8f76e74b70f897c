import { sql } from "drizzle-orm"
import { control, type Pending } from "../../../core/db/schema/index.ts"
import { messageOf, ObservatoryError } from "../../../core/lib/errors.ts"
import type { Context } from "../../context.ts"

/** Records the targets that the control state is not applied to yet; the console shows them. */
export async function recordPending({ db }: Context, what: keyof Pending, pending: readonly string[]): Promise<void> {
	const said = sql`${JSON.stringify(pending)}::jsonb`
	await db
		.update(control)
		.set({ pending: sql`jsonb_set(${control.pending}, array[${what}::text], ${said})` })
		.where(sql`${control.pending} -> ${what}::text is distinct from ${said}`)
}

/** An error as one line, with its advice. */
export function pendingFor(error: unknown): string {
	const advice = error instanceof ObservatoryError ? (error.advice ?? "") : ""
	return `${messageOf(error)}. ${advice}`.trim()
}
