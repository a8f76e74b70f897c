import { asc, eq } from "drizzle-orm"
import { z } from "zod"
import { REMEDIATIONS } from "../../../core/alerts/schema.ts"
import { automation, remediationPolicies } from "../../../core/db/schema/index.ts"
import type { Context } from "../../context.ts"
import { wholeNumber } from "../../domain/input.ts"
import { DEFAULT_POLICY } from "../../domain/remediation/decide.ts"
import { appendAudit, type Who } from "../audit/append.ts"

/** A policy, as the API and the console's form send it. */
export const policyInput = z.object({
	action: z.enum(REMEDIATIONS),
	target: z.string().trim().min(1).max(200).default("*"),
	mode: z.enum(["shadow", "approve", "auto"]),
	cooldownSeconds: wholeNumber(0, 86_400).default(DEFAULT_POLICY.cooldownMs / 1000),
	maxPerHour: wholeNumber(0, 100).default(DEFAULT_POLICY.maxPerHour),
	maxPerDay: wholeNumber(0, 1_000).default(DEFAULT_POLICY.maxPerDay),
	breakerFailures: wholeNumber(1, 100).default(DEFAULT_POLICY.breakerFailures),
})

/** Sets the mode and the limits of an action. */
export async function setPolicy(
	ctx: Context,
	{ by, ...policy }: z.output<typeof policyInput> & { by: Who },
): Promise<void> {
	const at = new Date(ctx.clock.now())
	await ctx.db.transaction(async (tx) => {
		const row = { ...policy, updatedBy: by.actor, updatedAt: at }
		await tx
			.insert(remediationPolicies)
			.values(row)
			.onConflictDoUpdate({ target: [remediationPolicies.action, remediationPolicies.target], set: row })
		await appendAudit(tx, {
			by,
			action: "remediation.policy",
			target: `${policy.action}:${policy.target}`,
			details: policy,
			at,
		})
	})
}

/** Closes the circuit breaker of an action: failures before now no longer count. */
export async function resetBreaker(
	ctx: Context,
	{ by, action }: { by: Who; action: (typeof REMEDIATIONS)[number] },
): Promise<void> {
	const at = new Date(ctx.clock.now())
	await ctx.db.transaction(async (tx) => {
		await tx
			.insert(remediationPolicies)
			.values({ ...policyInput.parse({ action, mode: DEFAULT_POLICY.mode }), updatedBy: by.actor, updatedAt: at })
			.onConflictDoNothing()
		await tx.update(remediationPolicies).set({ breakerResetAt: at }).where(eq(remediationPolicies.action, action))
		await appendAudit(tx, { by, action: "remediation.breaker_reset", target: action, at })
	})
}

export interface Automation {
	readonly pausedAt: Date | null
	readonly pausedBy: string | null
}

/** Pauses automatic remediation, or resumes it. */
export async function setAutomation(ctx: Context, { by, paused }: { by: Who; paused: boolean }): Promise<void> {
	const at = new Date(ctx.clock.now())
	await ctx.db.transaction(async (tx) => {
		await tx.update(automation).set(paused ? { pausedAt: at, pausedBy: by.actor } : { pausedAt: null, pausedBy: null })
		await appendAudit(tx, { by, action: paused ? "automation.pause" : "automation.resume", target: "automation", at })
	})
}

export const listPolicies = ({ db }: Pick<Context, "db">) =>
	db.select().from(remediationPolicies).orderBy(asc(remediationPolicies.action), asc(remediationPolicies.target))

export async function readAutomation({ db }: Pick<Context, "db">): Promise<Automation> {
	const [row] = await db.select().from(automation)
	return { pausedAt: row?.pausedAt ?? null, pausedBy: row?.pausedBy ?? null }
}
