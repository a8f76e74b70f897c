import { auditHead } from "../../../core/db/schema/index.ts"
import type { Context } from "../../context.ts"

/**
 * Writes the head of the chain to the log. The database's owner could rewrite or cut off the chain; a head that is
 * stored elsewhere reveals that.
 */
export async function logChainHead({ db, log }: Pick<Context, "db" | "log">): Promise<void> {
	const [head] = await db.select().from(auditHead)
	if (head) log.info({ end: `${head.seq}:${head.hash}` }, "the audit chain ends here, for npm run audit -- verify")
}
