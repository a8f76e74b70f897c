import { lt, sql } from "drizzle-orm"
import { gateAnswers } from "../../core/db/schema/index.ts"
import type { Context } from "../context.ts"
import type { GateAnswer } from "../domain/stoppable.ts"

/** A host that has not reported for this long is no longer expected, in milliseconds. */
const FORGET_MS = 24 * 3_600_000

/** What a host reports. Times are those at which the challenges were issued, in milliseconds since the epoch. */
export interface HostReport {
	readonly host: string
	readonly seenAt: number
	/** Undefined when its gate has not answered since the last report. */
	readonly answeredAt: number | undefined
	readonly problem: string | null
	readonly sessions: readonly { readonly id: string; readonly answeredAt: number }[]
}

/** Records a host's report. An older one changes nothing, so a repeated report proves nothing. */
export async function recordReport({ db }: Pick<Context, "db">, report: HostReport): Promise<void> {
	const { host, problem, sessions } = report
	const seenAt = new Date(report.seenAt)
	const answeredAt = report.answeredAt === undefined ? null : new Date(report.answeredAt)
	await db
		.insert(gateAnswers)
		.values({ kind: "host", id: host, host, answeredAt, seenAt, problem })
		.onConflictDoUpdate({
			target: [gateAnswers.kind, gateAnswers.id],
			set: {
				answeredAt: sql`greatest(${gateAnswers.answeredAt}, excluded.answered_at)`,
				seenAt: sql`excluded.seen_at`,
				problem: sql`excluded.problem`,
			},
			setWhere: sql`excluded.seen_at > ${gateAnswers.seenAt} or (excluded.seen_at = ${gateAnswers.seenAt} and (excluded.problem is distinct from ${gateAnswers.problem} or excluded.answered_at > ${gateAnswers.answeredAt}))`,
		})
	if (sessions.length === 0) return
	const rows = sessions.map(({ id, answeredAt: at }) => {
		const time = new Date(at)
		return { kind: "session" as const, id, host, answeredAt: time, seenAt: time, problem: null }
	})
	await db
		.insert(gateAnswers)
		.values(rows)
		.onConflictDoUpdate({
			target: [gateAnswers.kind, gateAnswers.id],
			set: { host: sql`excluded.host`, answeredAt: sql`excluded.answered_at`, seenAt: sql`excluded.seen_at` },
			setWhere: sql`excluded.answered_at > ${gateAnswers.answeredAt}`,
		})
}

/** The latest answers, without those of hosts and sessions that were last seen a day ago. */
export async function listAnswers({ db, clock }: Pick<Context, "db" | "clock">): Promise<readonly GateAnswer[]> {
	await db.delete(gateAnswers).where(lt(gateAnswers.seenAt, new Date(clock.now() - FORGET_MS)))
	const rows = await db.select().from(gateAnswers)
	return rows.map(({ answeredAt, seenAt: _, ...row }) => ({ ...row, answeredAt: answeredAt?.getTime() }))
}
