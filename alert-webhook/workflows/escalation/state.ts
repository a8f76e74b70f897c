import type { escalations } from "../../../core/db/schema/index.ts"
import type { EscalationReason, EscalationState } from "../../domain/escalation/next.ts"
import type { Level } from "../../domain/escalation/policies.ts"
import { FAR } from "../../store/escalations/change.ts"
import type { Incident } from "../../store/incidents/list.ts"
import { channelsOf } from "../../store/pages/channels.ts"

export function stateOf(row: typeof escalations.$inferSelect): EscalationState {
	const until = row.acknowledgedUntil?.getTime()
	return {
		anchor: row.anchor.getTime(),
		level: row.level,
		pagedAt: row.pagedAt?.getTime(),
		acknowledgedUntil: until === FAR.getTime() ? Number.POSITIVE_INFINITY : until,
		escalateNow: row.escalateNow,
	}
}

/** The first level omits the channels that the alert itself goes to at the same moment. */
export function channelsToPage(
	{ labels }: Pick<Incident, "labels">,
	{ channels }: Level,
	{ level, why }: { readonly level: number; readonly why: EscalationReason },
): readonly string[] {
	if (level > 0 || why !== "due") return channels
	const already = channelsOf({ labels })
	return channels.filter((channel) => !already.includes(channel))
}
