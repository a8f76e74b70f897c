import { sql } from "drizzle-orm"
import { acknowledgementsExpired, escalationsPaged } from "../../core/catalogue/subjects/incidents.ts"
import { remediations, remediationsWithheld } from "../../core/catalogue/subjects/remediation.ts"
import { incidentTimeline } from "../../core/db/schema/index.ts"
import { Tally } from "../../core/metrics/durable.ts"
import type { Context, Transaction } from "../context.ts"
import type { CrashPoint } from "../domain/crash-points.ts"
import type { IncidentEvent } from "../domain/incident-event.ts"
import { actionNamed } from "../domain/remediation/action-name.ts"
import { REASONS } from "../domain/remediation/decide.ts"
import { appendAudit, SYSTEM, type Who } from "./audit/append.ts"
import { keepCounted } from "./counters/counted.ts"

/** An event of one incident. */
export interface IncidentRecord {
	readonly incidentId: number
	readonly event: IncidentEvent
	/** The observatory itself unless given. */
	readonly by?: Who
	readonly at: Date
}

/** Rows of one statement: the timeline of a storm is long. */
const AT_ONCE = 1_000

/**
 * Records events of incidents, in the transaction in which they happen: a line of the timeline, the durable counters,
 * and an audit line where a person or the observatory decided. The audit chain's head stays locked from here to the end
 * of the transaction, so all other locks come before.
 */
export async function record(tx: Transaction, records: readonly IncidentRecord[]): Promise<void> {
	for (let from = 0; from < records.length; from += AT_ONCE)
		await insertTimeline(tx, records.slice(from, from + AT_ONCE))
	const tally = new Tally()
	for (const { event } of records) count(tally, event)
	await keepCounted(tx, tally)
	for (const one of records) {
		const entry = auditOf(one)
		if (entry) await appendAudit(tx, { ...entry, by: one.by ?? SYSTEM, at: one.at })
	}
}

async function insertTimeline(tx: Transaction, records: readonly IncidentRecord[]): Promise<void> {
	const rows = records.map(({ incidentId, event: { kind, ...details }, by = SYSTEM, at }) => ({
		incident: incidentId,
		kind,
		actor: by.actor,
		details,
		at,
	}))
	// One JSON parameter, whose cost does not grow with the columns; rows keep their order.
	await tx.execute(sql`
		insert into ${incidentTimeline} (incident_id, kind, actor, details, at)
		select incident, kind, actor, details, at
		from json_to_recordset(${JSON.stringify(rows)}::json)
			as line(incident bigint, kind text, actor text, details jsonb, at timestamptz)`)
}

const LEVELS = ["1", "2", "3", "4", "5"] as const

function count(tally: Tally, event: IncidentEvent): void {
	if (event.kind === "escalated")
		tally.count(escalationsPaged, { level: LEVELS[Math.min(event.level, LEVELS.length) - 1] ?? "5" })
	if (event.kind === "acknowledgement_expired") tally.count(acknowledgementsExpired, {})
	const action = "action" in event ? actionNamed(event.action) : undefined
	if (action === undefined) return
	const outcome = remediations.labels.outcome.values.find((one) => event.kind === `remediation_${one}`)
	if (outcome) tally.count(remediations, { action, outcome })
	const reason = event.kind === "remediation_withheld" && REASONS.find((one) => one === event.reason?.split(":")[0])
	if (reason) tally.count(remediationsWithheld, { action, reason })
}

/** The audit line of an event; none for events of alerts themselves. */
function auditOf({ incidentId, event }: IncidentRecord) {
	const incident = `incident:${incidentId}`
	const { kind, ...details } = event
	switch (event.kind) {
		case "acknowledged":
			return { action: "incident.acknowledge", target: incident }
		case "closed":
			return { action: "incident.close", target: incident, details }
		case "escalated":
			return { action: "incident.escalate", target: incident, details }
		case "escalation_ended":
			return { action: "incident.escalation_end", target: incident, details }
		case "resolved":
			// Without a time from Alertmanager, the end was our own decision.
			return event.endsAt === undefined ? { action: "incident.resolve", target: incident, details } : undefined
		case "onset":
		case "pending":
		case "fired":
		case "notified":
		case "promise_broken":
		case "received":
		case "scored":
		case "acknowledgement_expired":
		case "suppressed":
		case "resumed":
			return undefined
		default: {
			const { action, target, reason, plan } = event
			return {
				action: event.kind.replace("_", "."),
				target: `${action}:${target}`,
				details: { incident: incidentId, reason, plan },
			}
		}
	}
}

/** A database, pipelined or not. */
interface Transactional {
	transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>
}

/** The names of the crash points around a commit. */
type Recorded = CrashPoint extends infer Point ? (Point extends `${infer Name}.committed` ? Name : never) : never

/**
 * A transaction with its two crash points: `NAME.recorded` right before the commit, `NAME.committed` right after it,
 * unless `happened` says that nothing was due.
 */
export async function recordIn<T>(
	ctx: Pick<Context, "reached"> & { readonly db: Transactional },
	name: Recorded,
	work: (tx: Transaction) => Promise<T>,
	happened: (result: T) => boolean = () => true,
): Promise<T> {
	const result = await ctx.db.transaction(async (tx) => {
		const inside = await work(tx)
		if (happened(inside)) ctx.reached(`${name}.recorded`)
		return inside
	})
	if (happened(result)) ctx.reached(`${name}.committed`)
	return result
}
