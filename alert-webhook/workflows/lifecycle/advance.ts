import type { Settings, Transaction } from "../../context.ts"
import { SYSTEM, type Who } from "../../store/audit/append.ts"
import { type Move, moveRemediation, type Remediation } from "../../store/remediations/move.ts"
import { onRemediation } from "./lifecycle.ts"

/**
 * Moves a remediation from one state to the next, with everything that follows. Returns undefined, and changes nothing,
 * when it is not in a state that it may leave: another transaction was first.
 */
export async function advance(
	tx: Transaction,
	settings: Settings,
	id: number,
	{ by = SYSTEM, ...move }: Move & { readonly by?: Who },
): Promise<Remediation | undefined> {
	const row = await moveRemediation(tx, id, move)
	if (row) await onRemediation(tx, settings, row, by, move.now)
	return row
}
