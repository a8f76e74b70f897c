import type { Verdict } from "../../../core/db/schema/index.ts"
import type { Settings, Transaction } from "../../context.ts"
import type { RemediationState } from "../../domain/incident-event.ts"
import { actionNamed } from "../../domain/remediation/action-name.ts"
import { SYSTEM, type Who } from "../../store/audit/append.ts"
import {
	acknowledgeEscalations,
	endEscalations,
	escalateNow,
	restartEscalations,
} from "../../store/escalations/change.ts"
import { startEscalations } from "../../store/escalations/start.ts"
import type { OpenedIncident } from "../../store/incidents/create.ts"
import type { Incident } from "../../store/incidents/list.ts"
import { shareIncident } from "../../store/incidents/open-incident.ts"
import { enqueueAll } from "../../store/jobs/enqueue.ts"
import type { MaintenanceWindow } from "../../store/maintenance.ts"
import { endPages } from "../../store/pages/end.ts"
import { record } from "../../store/record.ts"
import { lockWaitingApprovals, moveRemediation, type Remediation } from "../../store/remediations/move.ts"
import { pageRemediation, repageRemediations } from "./remediation-pages.ts"
import { recordSuppressed, suppressOpened } from "./suppress-opened.ts"

/*
 * The consequences of each event of an incident, inside the transaction in which it happens.
 * The lock order is the same everywhere: incidents, remediations, escalations, pages, the head of the audit chain.
 */

/** The pages that need a response to an incident, and end with it. */
const PAGES = ["approval", "escalation", "remediation_failed"] as const

type Labelled = Pick<Incident, "id" | "labels">

/** Incidents open: their remediations are proposed and their escalations start, unless maintenance suppresses them. */
export async function onOpened(
	tx: Transaction,
	settings: Settings,
	incidents: readonly OpenedIncident[],
	now: Date,
): Promise<void> {
	await proposeRemediations(tx, incidents)
	await startEscalations(tx, settings, incidents, now)
	await suppressOpened(tx, incidents, now)
}

/** A person acknowledges incidents: their escalations wait until the acknowledgement expires. */
export async function onAcknowledged(
	tx: Transaction,
	settings: Settings,
	incidents: readonly Incident[],
	by: Who,
	now: Date,
): Promise<void> {
	await acknowledgeEscalations(tx, settings, { incidents, by: by.actor, now })
	await record(
		tx,
		incidents.map(({ id }) => ({ incidentId: id, event: { kind: "acknowledged" }, by, at: now })),
	)
}

/** A person closes an incident with a verdict: nothing more is asked or paged about it, even while its alert fires. */
export async function onClosed(
	tx: Transaction,
	settings: Settings,
	{ id, verdict, note, by }: { id: number; verdict: Verdict; note: string; by: Who },
	now: Date,
): Promise<void> {
	await endResponse(tx, settings, [id], `Closed by ${by.actor}.`, now)
	const event = { kind: "closed", verdict, ...(note ? { note } : {}) } as const
	await record(tx, [{ incidentId: id, event, by, at: now }])
}

/** Incidents resolve: nothing more is asked or paged about them. */
export const onResolved = (tx: Transaction, settings: Settings, ids: readonly number[], now: Date): Promise<void> =>
	endResponse(tx, settings, ids, "Resolved.", now)

/** A maintenance window suppresses open incidents: their pages end, so that nothing is sent twice. */
export async function onSuppressed(
	tx: Transaction,
	window: MaintenanceWindow,
	ids: readonly number[],
	now: Date,
): Promise<void> {
	if (ids.length === 0) return
	const outcome = `Maintenance until ${window.endsAt.toISOString()}: ${window.reason}`
	await endPages(tx, { incidentIds: ids, kinds: PAGES, outcome, now })
	await recordSuppressed(tx, window, ids, now)
}

/**
 * The last window over incidents ends: those that still fire are treated as if they started now; acknowledgements stay.
 */
export async function onResumed(
	tx: Transaction,
	settings: Settings,
	incidents: readonly Labelled[],
	now: Date,
): Promise<void> {
	const ids = incidents.map(({ id }) => id)
	if (ids.length === 0) return
	await restartEscalations(tx, ids, now)
	await repageRemediations(tx, settings, ids, now)
	await enqueueAll(
		tx,
		"escalation.step",
		ids.map((incidentId) => ({ payload: { incidentId }, key: String(incidentId) })),
	)
	await proposeRemediations(tx, incidents)
	await record(
		tx,
		ids.map((incidentId) => ({ incidentId, event: { kind: "resumed" }, at: now })),
	)
}

/**
 * A remediation reaches a state: people are asked or paged, a failure escalates at once, and the page of an answered or
 * expired approval ends.
 */
export async function onRemediation(
	tx: Transaction,
	settings: Settings,
	row: Remediation,
	by: Who,
	now: Date,
): Promise<void> {
	const { id, incidentId, action, target, reason, plan } = row
	const state = row.state as RemediationState
	// A window that ends meanwhile pages for waiting remediations: it comes before this, or after.
	await shareIncident(tx, incidentId)
	await pageRemediation(tx, settings, row, now)
	if (state === "failed") await escalateNow(tx, { incidentId, now })
	if (state !== "awaiting_approval") await endPages(tx, { key: `approval ${id}`, now })
	await record(tx, [{ incidentId, event: { kind: `remediation_${state}`, action, target, reason, plan }, by, at: now }])
}

/** Approvals expire, escalations and pages end. */
async function endResponse(
	tx: Transaction,
	settings: Settings,
	ids: readonly number[],
	outcome: string,
	now: Date,
): Promise<void> {
	if (ids.length === 0) return
	for (const id of await lockWaitingApprovals(tx, ids)) {
		const expired = { from: ["awaiting_approval"], to: "expired", reason: "incident_ended", now } as const
		const row = await moveRemediation(tx, id, expired)
		if (row) await onRemediation(tx, settings, row, SYSTEM, now)
	}
	await endEscalations(tx, { incidentIds: ids, now })
	await endPages(tx, { incidentIds: ids, kinds: PAGES, outcome, now })
}

async function proposeRemediations(tx: Transaction, incidents: readonly Labelled[]): Promise<void> {
	const remediable = incidents.filter(({ labels }) => actionNamed(labels.remediation) !== undefined)
	await enqueueAll(
		tx,
		"remediation.propose",
		remediable.map(({ id }) => ({ payload: { incidentId: id }, key: String(id) })),
	)
}
