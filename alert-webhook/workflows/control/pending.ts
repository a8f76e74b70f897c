import { sql } from "drizzle-orm"
import { control, type Undone } from "../../../core/db/schema/index.ts"
import { messageOf, ObservatoryError } from "../../../core/lib/errors.ts"
import type { Context } from "../../context.ts"

/** Writes down what does not follow the state yet, for everybody who looks at the console. */
export async function noteUndone({ db }: Context, what: keyof Undone, undone: readonly string[]): Promise<void> {
	const said = sql`${JSON.stringify(undone)}::jsonb`
	await db
		.update(control)
		.set({ undone: sql`jsonb_set(${control.undone}, array[${what}::text], ${said})` })
		.where(sql`${control.undone} -> ${what}::text <> ${said}`)
}

/** An error as one line of what could not be done, and what helps. */
export function undoneBy(error: unknown): string {
	const advice = error instanceof ObservatoryError ? (error.advice ?? "") : ""
	return `${messageOf(error)}. ${advice}`.trim()
}
