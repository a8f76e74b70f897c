import { eq, sql } from "drizzle-orm"
import { incidents, remediations } from "../../../core/db/schema/index.ts"
import { messageOf } from "../../../core/lib/errors.ts"
import type { Context } from "../../context.ts"
import { isFinal, type RemediationState } from "../../domain/incident-event.ts"
import { actionNamed } from "../../domain/remediation/action-name.ts"
import type { Decision } from "../../domain/remediation/decide.ts"
import { SYSTEM } from "../../store/audit/append.ts"
import type { Incident } from "../../store/incidents/list.ts"
import { isOpen } from "../../store/incidents/open-incident.ts"
import { enqueue } from "../../store/jobs/enqueue.ts"
import { activeWindowFor, suppressedUntil } from "../../store/maintenance.ts"
import { recordIn } from "../../store/record.ts"
import { onRemediation } from "../lifecycle/lifecycle.ts"
import type { Job } from "./actions/action.ts"
import { ACTIONS, targetOf } from "./actions/index.ts"
import { isCompiled } from "./compiled.ts"
import { decideIn } from "./decide-in.ts"
import { isFiring } from "./firing.ts"

/** How long a repair waits for a Prometheus that does not answer. Containment waits until the incident ends. */
const ASK_FOR_MS = 10 * 60_000
/** An alert that was received this short a time ago may not be stored in Prometheus yet. */
const JUST_RECEIVED_MS = 3_000
const UNKNOWN_ALERT = "Prometheus does not answer, so it is not known whether this alert is loaded and fires there"

/** Decides, once for an incident, about the action that its alert names, and records the decision. */
export async function propose(ctx: Context, { incidentId }: { incidentId: number }): Promise<void> {
	const [incident] = await ctx.db.select().from(incidents).where(eq(incidents.id, incidentId))
	const name = actionNamed(incident?.labels.remediation)
	if (!incident || name === undefined) return
	const startedAt = ctx.clock.now()
	const window = await activeWindowFor(ctx.db, incident.labels, new Date(startedAt))
	if (window) {
		const again = { key: String(incidentId), inMs: suppressedUntil(window, startedAt) - startedAt }
		return ctx.db.transaction((tx) => enqueue(tx, "remediation.propose", { incidentId }, again))
	}
	const compiled = await isCompiled(ctx, incident, name)
	const firing = compiled === true ? await isFiring(ctx, incident, name) : compiled
	const isNew = startedAt - incident.receivedAt.getTime() < JUST_RECEIVED_MS
	const mayWait = ACTIONS[name].effect === "contains" || startedAt - incident.receivedAt.getTime() < ASK_FOR_MS
	// Prometheus stores what it has sent a moment later.
	if ((firing === undefined && mayWait) || (compiled === true && firing === false && isNew)) {
		const again = { key: String(incidentId), inMs: ctx.settings.verifyEveryMs }
		return ctx.db.transaction(async (tx) => {
			if (await isOpen(tx, incidentId)) await enqueue(tx, "remediation.propose", { incidentId }, again)
		})
	}
	const target = targetOf(name, incident)
	const { objection, plan } =
		firing === undefined ? { objection: UNKNOWN_ALERT, plan: [] } : await look(ctx, incident, target)
	ctx.reached("proposal.looked")
	const now = new Date(ctx.clock.now())
	await recordIn(ctx, "proposal", async (tx) => {
		const known = { compiled: compiled ?? true, firing: firing ?? true }
		const decision = await decideIn(tx, { action: name, incidentId, target, objection, now, ...known })
		if (decision.do === "withhold" && decision.reason === "busy" && ACTIONS[name].effect === "contains") {
			// An action that contains waits for the one in progress; it is not skipped.
			const again = { key: String(incidentId), inMs: ctx.settings.verifyEveryMs }
			return enqueue(tx, "remediation.propose", { incidentId }, again)
		}
		const state = STATE[decision.do]
		const decided = {
			state,
			reason: reasonOf(decision, objection),
			plan,
			proposedAt: now,
			endedAt: isFinal(state) ? now : null,
			decidedBy: decision.do === "run" ? SYSTEM.actor : null,
		}
		const [row] = await tx
			.insert(remediations)
			.values({ incidentId, action: name, target: target ?? "", ...decided })
			.onConflictDoUpdate({
				target: [remediations.incidentId, remediations.action],
				set: decided,
				// An approval that a window withheld is decided again.
				setWhere: sql`${remediations.state} = 'withheld' and ${remediations.reason} = 'maintenance'`,
			})
			.returning()
		// Decided before: the job ran twice.
		if (!row) return
		if (decision.do === "run") await enqueue(tx, "remediation.run", { id: row.id }, { key: String(row.id) })
		await onRemediation(tx, ctx.settings, row, SYSTEM, now)
	})
}

const STATE: Readonly<Record<Decision["do"], RemediationState>> = {
	run: "approved",
	ask: "awaiting_approval",
	shadow: "shadowed",
	withhold: "withheld",
}

/** The reason, with the action's own objection after it. */
function reasonOf(decision: Decision, objection: string | undefined): string | null {
	if (decision.do !== "withhold") return null
	return decision.reason === "objection" ? `objection: ${objection}` : decision.reason
}

async function look(ctx: Context, incident: Incident, target: string | undefined) {
	const name = actionNamed(incident.labels.remediation)
	if (target === undefined || name === undefined) return { objection: undefined, plan: [] }
	const job: Job = { incident, target, signal: AbortSignal.timeout(ctx.settings.actionTimeoutMs) }
	// In doubt the action does not run; the reason names the doubt.
	const objection = await ACTIONS[name]
		.precondition(ctx, job)
		.catch((error: unknown) => `whether it can run is not known: ${messageOf(error)}`)
	// An unknown plan is no reason not to run it.
	const plan = await ACTIONS[name]
		.plan(ctx, job)
		.catch((error: unknown) => [`its steps are not known: ${messageOf(error)}`])
	return { objection, plan }
}
