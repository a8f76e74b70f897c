import { brakes } from "../../core/db/schema/index.ts"
import type { Context } from "../context.ts"

/** The configured brakes at the model's side by state. A row exists while a limit is not its owner's. */
export async function countBrakes(
	{ db }: Pick<Context, "db">,
	configured: number,
): Promise<{ readonly open: number; readonly changing: number; readonly closed: number }> {
	const rows = await db.select({ closed: brakes.closed }).from(brakes)
	const closed = rows.filter((row) => row.closed).length
	return { open: Math.max(0, configured - rows.length), changing: rows.length - closed, closed }
}
