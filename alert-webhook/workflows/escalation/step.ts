import { asc, eq } from "drizzle-orm"
import { escalationsLate } from "../../../core/catalogue/subjects/incidents.ts"
import { escalations, incidents, remediations } from "../../../core/db/schema/index.ts"
import type { Context, Transaction } from "../../context.ts"
import { type NextStep, nextStep } from "../../domain/escalation/next.ts"
import { type EscalationPolicy, type Level, policyOf } from "../../domain/escalation/policies.ts"
import type { IncidentEvent } from "../../domain/incident-event.ts"
import { explainReason } from "../../domain/remediation/decide.ts"
import { bump } from "../../store/counters/counted.ts"
import { endEscalations } from "../../store/escalations/change.ts"
import type { Incident } from "../../store/incidents/list.ts"
import { enqueue } from "../../store/jobs/enqueue.ts"
import { activeWindowFor, suppressedUntil } from "../../store/maintenance.ts"
import { endPages } from "../../store/pages/end.ts"
import { openPage } from "../../store/pages/open.ts"
import { record, recordIn } from "../../store/record.ts"
import { repageRemediations } from "../lifecycle/remediation-pages.ts"
import { channelsToPage, stateOf } from "./state.ts"

type Row = typeof escalations.$inferSelect
type PageStep = Extract<NextStep, { do: "page" }>

/** An escalation that is later than this is late. */
export const LATE_MS = 30_000

/**
 * Performs the due step of one escalation, and sets its timer. The state is read under a lock: an acknowledgement comes
 * before this or after it, never in between, and two of these never page the same level.
 */
export async function stepEscalation(ctx: Context, { incidentId }: { incidentId: number }): Promise<void> {
	const now = new Date(ctx.clock.now())
	await recordIn(ctx, "escalation", (tx) => step(tx, ctx, incidentId, now), Boolean)
}

/** Whether anything was due. */
async function step(tx: Transaction, ctx: Context, incidentId: number, now: Date): Promise<boolean> {
	const [incident] = await tx.select().from(incidents).where(eq(incidents.id, incidentId)).for("update")
	const [row] = await tx.select().from(escalations).where(eq(escalations.incidentId, incidentId)).for("update")
	if (!row || row.endedAt || !incident || incident.status !== "firing") return false
	// What came due while no webhook ran, such as in a planned stop, is due at the start; webhook_down reports the time before.
	if (row.nextAt && now.getTime() - Math.max(row.nextAt.getTime(), ctx.startedAt) > LATE_MS)
		await recordLate(tx, ctx, incidentId)
	const policy = policyOf(ctx.settings.policies, incident, row.policy)
	if (!policy) {
		await endWithoutPolicy(tx, row, now)
		return false
	}
	const window = await activeWindowFor(tx, incident.labels, now)
	if (window) {
		await setTimer(tx, incidentId, suppressedUntil(window, now.getTime()), now)
		return false
	}
	const next = nextStep(policy, stateOf(row), now.getTime())
	const due = next.do === "page"
	if (due) ctx.reached("escalation.due")
	const after = due ? await pageLevel(tx, ctx, { incident, row, policy, step: next, now }) : row
	const wait = nextStep(policy, stateOf(after), now.getTime())
	await setTimer(tx, incidentId, wait.do === "wait" ? wait.until : now.getTime(), now)
	return due
}

/** Under the lock, so that only one replica counts it. */
async function recordLate(tx: Transaction, ctx: Context, incidentId: number): Promise<void> {
	ctx.log.warn({ incident: incidentId }, "late escalation; moving it now")
	await bump(tx, escalationsLate, {})
}

/** The policies have changed, and none applies to this incident now. */
async function endWithoutPolicy(tx: Transaction, { incidentId, policy }: Row, now: Date): Promise<void> {
	await endEscalations(tx, { incidentIds: [incidentId], now })
	await record(tx, [{ incidentId, event: { kind: "escalation_ended", policy }, at: now }])
}

async function setTimer(tx: Transaction, incidentId: number, until: number | undefined, now: Date): Promise<void> {
	await tx
		.update(escalations)
		.set({ nextAt: until === undefined ? null : new Date(until) })
		.where(eq(escalations.incidentId, incidentId))
	if (until !== undefined)
		await enqueue(
			tx,
			"escalation.step",
			{ incidentId },
			{ key: String(incidentId), inMs: Math.max(0, until - now.getTime()) },
		)
}

interface LevelPage {
	readonly incident: Incident
	readonly row: Row
	readonly policy: EscalationPolicy
	readonly step: PageStep
	readonly now: Date
}

async function pageLevel(tx: Transaction, ctx: Context, input: LevelPage): Promise<Row> {
	const { incident, row, policy, step, now } = input
	const level = policy.levels[step.level]
	if (!level) throw new TypeError(`no level ${step.level}`)
	const round = row.rounds + 1
	const channels = channelsToPage(incident, level, step)
	const key = `incident ${incident.id} level ${step.level + 1} round`
	// The page of this level is replaced; those of lower levels stay open.
	await endPages(tx, { keyPrefix: key, now })
	await openPage(tx, ctx.settings, {
		key: `${key} ${round}`,
		// A storm of one alert is one page on each level, as it is one notification.
		name: `${incident.alertname} level ${step.level + 1} round ${round}`,
		kind: "escalation",
		incidentId: incident.id,
		severity: incident.severity,
		channels,
		summary: `${incident.alertname} not acknowledged (level ${step.level + 1})`,
		description: await describe(tx, incident, level),
		path: `/incidents/${incident.id}`,
		acknowledgeAs: (level.contacts.length > 0 ? level.contacts : channels).join(", "),
		links: incident.annotations,
		labels: incident.labels.environment ? { environment: incident.labels.environment } : {},
		now,
	})
	const expired = step.why === "acknowledgement_expired"
	if (expired) await expireAcknowledgement(tx, ctx, incident, now)
	const after = {
		level: step.level,
		rounds: round,
		pagedAt: now,
		escalateNow: false,
		acknowledgedUntil: null,
		// From here on the next level follows after the same time as after this one.
		anchor: step.why === "due" || step.why === "repeat" ? row.anchor : new Date(now.getTime() - level.afterMs),
	}
	await tx.update(escalations).set(after).where(eq(escalations.incidentId, incident.id))
	const paged = { level: step.level + 1, why: step.why, contacts: level.contacts, channels }
	const events: readonly IncidentEvent[] = [
		...(expired ? [{ kind: "acknowledgement_expired", by: incident.acknowledgedBy } as const] : []),
		{ kind: "escalated", ...paged },
	]
	await record(
		tx,
		events.map((event) => ({ incidentId: incident.id, event, at: now })),
	)
	return { ...row, ...after }
}

async function expireAcknowledgement(tx: Transaction, ctx: Context, incident: Incident, now: Date): Promise<void> {
	await tx
		.update(incidents)
		.set({ acknowledgedAt: null, acknowledgedBy: null, updatedAt: now })
		.where(eq(incidents.id, incident.id))
	await repageRemediations(tx, ctx.settings, [incident.id], now)
}

/** The incident, the recipients, and the remediations that ran, failed or were withheld. */
async function describe(tx: Transaction, incident: Incident, { contacts }: Level): Promise<string> {
	const rows = await tx
		.select()
		.from(remediations)
		.where(eq(remediations.incidentId, incident.id))
		.orderBy(asc(remediations.id))
	const response = rows.map(
		({ action, target, state, reason }) =>
			`${action} on ${target || "nothing"}: ${state.replaceAll("_", " ")}${reason ? ` (${explainReason(reason)})` : ""}`,
	)
	return [
		incident.annotations.summary ?? incident.annotations.description ?? incident.alertname,
		contacts.length > 0 ? `For ${contacts.join(", ")}` : "",
		response.length > 0 ? `Automatic remediation: ${response.join("; ")}` : "No automatic remediation ran",
	]
		.filter(Boolean)
		.map((sentence) => sentence.replace(/\.?$/, "."))
		.join(" ")
}
