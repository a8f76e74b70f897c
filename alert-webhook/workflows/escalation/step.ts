import { asc, eq } from "drizzle-orm"
import { escalationsLate } from "../../../core/catalogue/subjects/incidents.ts"
import { escalations, incidents, remediations } from "../../../core/db/schema/index.ts"
import type { Context, Transaction } from "../../context.ts"
import { type NextStep, nextStep } from "../../domain/escalation/next.ts"
import { type EscalationPolicy, type Level, policyOf } from "../../domain/escalation/policies.ts"
import type { IncidentEvent } from "../../domain/incident-event.ts"
import { explainReason } from "../../domain/remediation/decide.ts"
import { bump } from "../../store/counters/counted.ts"
import { endEscalations, FAR } from "../../store/escalations/change.ts"
import type { Incident } from "../../store/incidents/list.ts"
import { enqueue } from "../../store/jobs/enqueue.ts"
import { heldUntil, windowOver } from "../../store/maintenance.ts"
import { channelsOf } from "../../store/pages/channels.ts"
import { endNotices } from "../../store/pages/end.ts"
import { openNotice } from "../../store/pages/open.ts"
import { record, recordIn } from "../../store/record.ts"
import { repageRemediations } from "../lifecycle/remediation-pages.ts"

type Row = typeof escalations.$inferSelect
type Tell = Extract<NextStep, { do: "tell" }>

/** A step that is later than this should have been done. */
export const LATE_MS = 30_000

/**
 * Does what is due about one escalation, and sets its timer again. State is read under a lock: an acknowledgement
 * comes before this or after it, never in between, and two of these never tell the same level.
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
	if (row.nextAt && now.getTime() - row.nextAt.getTime() > LATE_MS) await noteLate(tx, ctx, incidentId)
	const policy = policyOf(ctx.settings.policies, incident, row.policy)
	if (!policy) {
		await giveUp(tx, row, now)
		return false
	}
	const window = await windowOver(tx, incident.labels, now)
	if (window) {
		await setTimer(tx, incidentId, heldUntil(window, now.getTime()), now)
		return false
	}
	const next = nextStep(policy, standingOf(row), now.getTime())
	const due = next.do === "tell"
	if (due) ctx.reached("escalation.due")
	const after = due ? await tell(tx, ctx, { incident, row, policy, step: next, now }) : row
	const wait = nextStep(policy, standingOf(after), now.getTime())
	await setTimer(tx, incidentId, wait.do === "wait" ? wait.until : now.getTime(), now)
	return due
}

/** Under the lock, so that it is counted by whoever moves it and by nobody else. */
async function noteLate(tx: Transaction, ctx: Context, incidentId: number): Promise<void> {
	ctx.log.warn({ incident: incidentId }, "an escalation is late and is moved now")
	await bump(tx, escalationsLate, {})
}

/** The policies have changed, and none of them tells anybody about this incident any more. */
async function giveUp(tx: Transaction, { incidentId, policy }: Row, now: Date): Promise<void> {
	await endEscalations(tx, { incidentIds: [incidentId], now })
	await record(tx, [{ incidentId, event: { kind: "escalation_ended", policy }, at: now }])
}

function standingOf(row: Row) {
	const until = row.acknowledgedUntil?.getTime()
	return {
		anchor: row.anchor.getTime(),
		level: row.level,
		toldAt: row.toldAt?.getTime(),
		acknowledgedUntil: until === FAR.getTime() ? Number.POSITIVE_INFINITY : until,
		hurried: row.hurried,
	}
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

interface Telling {
	readonly incident: Incident
	readonly row: Row
	readonly policy: EscalationPolicy
	readonly step: Tell
	readonly now: Date
}

async function tell(tx: Transaction, ctx: Context, telling: Telling): Promise<Row> {
	const { incident, row, policy, step, now } = telling
	const level = policy.levels[step.level]
	if (!level) throw new TypeError(`no level ${step.level}`)
	const round = row.rounds + 1
	const told = toTell(incident, level, step)
	const key = `incident ${incident.id} level ${step.level + 1} round`
	// What was told on this level before is replaced; lower levels go on standing.
	await endNotices(tx, { keyPrefix: key, now })
	await openNotice(tx, ctx.settings, {
		key: `${key} ${round}`,
		// A storm of one alert is one page on each level, as it is one notification.
		name: `${incident.alertname} level ${step.level + 1} round ${round}`,
		kind: "escalation",
		incidentId: incident.id,
		severity: incident.severity,
		channels: told,
		summary: `${incident.alertname} not acknowledged (level ${step.level + 1})`,
		description: await describe(tx, incident, level),
		path: `/incidents/${incident.id}`,
		takenBy: (level.contacts.length > 0 ? level.contacts : told).join(", "),
		links: incident.annotations,
		labels: incident.labels.environment ? { environment: incident.labels.environment } : {},
		now,
	})
	const expired = step.why === "acknowledgement_expired"
	if (expired) await expireAcknowledgement(tx, ctx, incident, now)
	const after = {
		level: step.level,
		rounds: round,
		toldAt: now,
		hurried: false,
		acknowledgedUntil: null,
		// From here on the next level comes after as long as it does after this one.
		anchor: step.why === "due" || step.why === "repeat" ? row.anchor : new Date(now.getTime() - level.afterMs),
	}
	await tx.update(escalations).set(after).where(eq(escalations.incidentId, incident.id))
	const paged = { level: step.level + 1, why: step.why, contacts: level.contacts, channels: told }
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

/** The first level leaves out the channels that the alert itself goes to at the same moment. */
function toTell({ labels }: Incident, { channels }: Level, { level, why }: Tell): readonly string[] {
	if (level > 0 || why !== "due") return channels
	const already = channelsOf({ labels })
	return channels.filter((channel) => !already.includes(channel))
}

async function expireAcknowledgement(tx: Transaction, ctx: Context, incident: Incident, now: Date): Promise<void> {
	await tx
		.update(incidents)
		.set({ acknowledgedAt: null, acknowledgedBy: null, updatedAt: now })
		.where(eq(incidents.id, incident.id))
	await repageRemediations(tx, ctx.settings, [incident.id], now)
}

/** What has happened, who is meant, and what was done, tried or withheld. */
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
		response.length > 0 ? `Done by itself: ${response.join("; ")}` : "Nothing was done by itself",
	]
		.filter(Boolean)
		.map((sentence) => sentence.replace(/\.?$/, "."))
		.join(" ")
}
