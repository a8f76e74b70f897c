import { and, eq, gte, isNotNull } from "drizzle-orm"
import { automation, remediationPolicies, remediations } from "../../../core/db/schema/index.ts"
import type { Transaction } from "../../context.ts"
import { type Attempt, DEFAULT_POLICY, type Policy } from "../../domain/remediation/decide.ts"

/** The decision's input from the database. The row that says whether automation is paused stays locked. */
export async function readSituation(
	tx: Transaction,
	{ action, target, now }: { action: string; target: string | undefined; now: number },
): Promise<{ policy: Policy; automationPaused: boolean; attempts: Attempt[] }> {
	const [switchRow] = await tx.select().from(automation).for("update")
	const rows = await tx
		.select()
		.from(remediations)
		.where(
			and(
				eq(remediations.action, action),
				isNotNull(remediations.startedAt),
				gte(remediations.startedAt, new Date(now - 86_400_000)),
			),
		)
	const approved = await tx
		.select()
		.from(remediations)
		.where(and(eq(remediations.action, action), eq(remediations.state, "approved")))
	const attempts = [...rows, ...approved].map((row) => ({
		target: row.target,
		startedAt: (row.startedAt ?? row.proposedAt).getTime(),
		succeeded: row.state === "succeeded" ? true : row.state === "failed" ? false : undefined,
		endedAt: row.endedAt?.getTime(),
	}))
	return { policy: await policyFor(tx, action, target), automationPaused: switchRow?.pausedAt != null, attempts }
}

/** The policy of a target, or of the action, or the default. */
export async function policyFor(tx: Transaction, action: string, target: string | undefined): Promise<Policy> {
	const rows = await tx.select().from(remediationPolicies).where(eq(remediationPolicies.action, action))
	const row = rows.find((one) => one.target === target) ?? rows.find((one) => one.target === "*")
	if (!row) return DEFAULT_POLICY
	return {
		mode: row.mode,
		cooldownMs: row.cooldownSeconds * 1000,
		maxPerHour: row.maxPerHour,
		maxPerDay: row.maxPerDay,
		breakerFailures: row.breakerFailures,
		breakerResetAt: row.breakerResetAt?.getTime() ?? 0,
	}
}
