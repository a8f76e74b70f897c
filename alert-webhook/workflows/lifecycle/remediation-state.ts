import { and, eq, inArray } from "drizzle-orm"
import {
	remediations as remediationsTotal,
	remediationsWithheld,
} from "../../../core/catalogue/subjects/remediation.ts"
import { incidentTimeline, remediations } from "../../../core/db/schema/index.ts"
import type { Settings, Transaction } from "../../context.ts"
import { actionNamed } from "../../domain/remediation/action-name.ts"
import { REASONS } from "../../domain/remediation/decide.ts"
import { appendAudit, SYSTEM, type Who } from "../../store/audit/append.ts"
import { bump } from "../../store/counters/counted.ts"
import { hurryEscalation } from "../../store/escalations/change.ts"
import { endNotices } from "../../store/pages/end.ts"
import { tell } from "./remediation-pages.ts"

export type Remediation = typeof remediations.$inferSelect
export type State =
	| "withheld"
	| "shadowed"
	| "awaiting_approval"
	| "refused"
	| "expired"
	| "approved"
	| "running"
	| "verifying"
	| "succeeded"
	| "failed"

export interface Step {
	readonly from: readonly State[]
	readonly to: State
	readonly by?: Who
	readonly reason?: string
	readonly set?: Partial<typeof remediations.$inferInsert>
	readonly now: Date
}

/**
 * Moves a remediation from one state to the next, with its line on the timeline and in the audit log. Returns undefined,
 * and does nothing, when it is not in a state that it may leave: somebody else was first.
 */
export async function advance(
	tx: Transaction,
	settings: Settings,
	id: number,
	{ from, to, by = SYSTEM, reason, set, now }: Step,
): Promise<Remediation | undefined> {
	const [row] = await tx
		.update(remediations)
		.set({ ...set, state: to, ...(reason === undefined ? {} : { reason }), ...(ENDS.has(to) ? { endedAt: now } : {}) })
		.where(and(eq(remediations.id, id), inArray(remediations.state, [...from])))
		.returning()
	if (row) await note(tx, settings, row, by, now)
	return row
}

const ENDS: ReadonlySet<State> = new Set(["withheld", "shadowed", "refused", "expired", "succeeded", "failed"])

/** Writes down the state that a remediation has reached: timeline, counters, notices, audit. */
export async function note(tx: Transaction, settings: Settings, row: Remediation, by: Who, now: Date): Promise<void> {
	const { id, incidentId, action, target, state, reason, plan } = row
	await tx.insert(incidentTimeline).values({
		incidentId,
		kind: `remediation_${state}`,
		actor: by.actor,
		details: { action, target, reason, plan },
		at: now,
	})
	await count(tx, row)
	await tell(tx, settings, row, now)
	if (state === "failed") await hurryEscalation(tx, { incidentId, now })
	if (state !== "awaiting_approval") await endNotices(tx, { key: `approval ${id}`, now })
	const details = { incident: incidentId, reason, plan }
	await appendAudit(tx, { by, action: `remediation.${state}`, target: `${action}:${target}`, details, at: now })
}

async function count(tx: Transaction, { action: name, state, reason }: Remediation): Promise<void> {
	const action = actionNamed(name)
	if (action === undefined) return
	if (
		state === "succeeded" ||
		state === "failed" ||
		state === "shadowed" ||
		state === "withheld" ||
		state === "refused" ||
		state === "expired"
	)
		await bump(tx, remediationsTotal, { action, outcome: state })
	const held = REASONS.find((one) => one === reason?.split(":")[0])
	if (state === "withheld" && held) await bump(tx, remediationsWithheld, { action, reason: held })
}
