import { auditHead } from "../../../core/db/schema/index.ts"
import type { Context } from "../../context.ts"

/**
 * Writes where the chain ends to the log. Whoever owns the database could make the chain anew, or cut its end off; not
 * unseen by an end that is kept elsewhere.
 */
export async function noteEnd({ db, log }: Pick<Context, "db" | "log">): Promise<void> {
	const [head] = await db.select().from(auditHead)
	if (head) log.info({ end: `${head.seq}:${head.hash}` }, "the audit chain ends here, for npm run audit -- verify")
}
