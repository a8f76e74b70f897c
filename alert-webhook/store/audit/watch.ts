import { eq } from "drizzle-orm"
import { auditHead, auditLogs } from "../../../core/db/schema/index.ts"
import type { Context } from "../../context.ts"
import type { ChainEnd } from "../../domain/audit-chain.ts"
import { readGuardFaults } from "./guard.ts"

/** An unchanged head is logged again after this, so that a log of any day has one. */
const REPEATED_MS = 3_600_000

/**
 * A periodic check of the audit log. It writes the head of the chain to the log when that has changed: the database's
 * owner could rewrite or cut off the chain, and a head that is stored elsewhere reveals that. It reports an end that is
 * no longer in the chain, and triggers that no longer protect it.
 */
export function watchAudit(ctx: Pick<Context, "db" | "clock" | "log" | "metrics">): () => Promise<void> {
	let seen: ChainEnd | undefined
	let logged: { readonly seq: number; readonly at: number } | undefined
	let reported = ""
	return async () => {
		const [head] = await ctx.db.select().from(auditHead)
		const faults = { chain: await chainFaults(ctx, head, seen), triggers: await readGuardFaults(ctx) }
		ctx.metrics.auditEntries.set({}, head?.seq ?? 0)
		ctx.metrics.auditFaults.set({ kind: "chain" }, faults.chain.length)
		ctx.metrics.auditFaults.set({ kind: "triggers" }, faults.triggers.length)

		const all = [...faults.chain, ...faults.triggers]
		if (all.join() !== reported) {
			if (all.length > 0) ctx.log.error({ faults: all }, "the audit log is no longer protected, or was changed")
			else ctx.log.info("the audit log is protected again")
		}
		reported = all.join()

		if (!head || faults.chain.length > 0) return
		seen = { seq: head.seq, hash: head.hash }
		const now = ctx.clock.now()
		if (logged?.seq === head.seq && now - logged.at < REPEATED_MS) return
		ctx.log.info({ end: `${head.seq}:${head.hash}` }, "the audit chain ends here, for npm run audit -- verify")
		logged = { seq: head.seq, at: now }
	}
}

async function chainFaults(
	{ db }: Pick<Context, "db">,
	head: ChainEnd | undefined,
	seen: ChainEnd | undefined,
): Promise<string[]> {
	if (!head) return ["the record of the chain's end is missing"]
	const ends = [head, ...(seen ? [seen] : [])].filter(({ seq }) => seq > 0)
	const faults = await Promise.all(
		ends.map(async ({ seq, hash }) => {
			const [row] = await db.select({ hash: auditLogs.hash }).from(auditLogs).where(eq(auditLogs.seq, seq))
			if (!row) return `entry ${seq} is missing`
			return row.hash === hash ? undefined : `entry ${seq} is not the one that was there`
		}),
	)
	return [...new Set(faults.flatMap((fault) => fault ?? []))]
}
