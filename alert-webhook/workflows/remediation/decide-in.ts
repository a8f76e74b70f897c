import type { Remediation } from "../../../core/alerts/schema.ts"
import type { Transaction } from "../../context.ts"
import { type Decision, decide, type Situation } from "../../domain/remediation/decide.ts"
import { isOpen } from "../../store/incidents/open-incident.ts"
import { readSituation } from "../../store/remediations/situation.ts"
import { ACTIONS } from "./actions/index.ts"

export interface Question extends Pick<Situation, "target" | "objection" | "compiled" | "firing"> {
	readonly action: Remediation
	readonly incidentId: number
	readonly now: Date
}

/** Decides inside the transaction that records the decision: what it rests on stays locked until then. */
export async function decideIn(
	tx: Transaction,
	{ action, incidentId, now: at, ...known }: Question,
): Promise<Decision> {
	const now = at.getTime()
	const situation = await readSituation(tx, { action, target: known.target, now })
	const incidentOpen = await isOpen(tx, incidentId)
	return decide({ ...situation, ...known, now, effect: ACTIONS[action].effect, incidentOpen })
}
