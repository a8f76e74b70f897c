import { eq } from "drizzle-orm"
import { escalations } from "../../../core/db/schema/index.ts"
import type { Context } from "../../context.ts"
import { type EscalationReason, nextPage } from "../../domain/escalation/next.ts"
import { policyOf } from "../../domain/escalation/policies.ts"
import type { Incident } from "../../store/incidents/list.ts"
import { activeWindowFor } from "../../store/maintenance.ts"
import { channelsToPage, stateOf } from "./state.ts"

/** Who is paged next about an open incident when no one acts, or why no one is. */
export type Upcoming =
	| {
			readonly kind: "page"
			readonly at: Date
			/** Counted from 1. */
			readonly level: number
			readonly levels: number
			readonly why: EscalationReason
			readonly contacts: readonly string[]
			/** Empty when the alert itself goes to all of them. */
			readonly channels: readonly string[]
	  }
	| { readonly kind: "maintenance"; readonly until: Date }
	| { readonly kind: "none"; readonly because: "no_policy" | "closed" | "acknowledged" | "all_paged" }

/** Reads the escalation of an incident; undefined for one that is resolved. */
export async function upcomingPage(
	ctx: Pick<Context, "db" | "clock" | "settings">,
	incident: Incident,
): Promise<Upcoming | undefined> {
	if (incident.status !== "firing") return undefined
	const now = ctx.clock.now()
	const [row] = await ctx.db.select().from(escalations).where(eq(escalations.incidentId, incident.id))
	if (row?.endedAt) return { kind: "none", because: "closed" }
	const policy = row && policyOf(ctx.settings.policies, incident, row.policy)
	if (!policy) return { kind: "none", because: "no_policy" }
	const window = await activeWindowFor(ctx.db, incident.labels, new Date(now))
	if (window) return { kind: "maintenance", until: window.endsAt }
	const next = nextPage(policy, stateOf(row), now)
	const level = next && policy.levels[next.level]
	if (!level) return { kind: "none", because: row.acknowledgedUntil ? "acknowledged" : "all_paged" }
	return {
		kind: "page",
		at: new Date(next.at),
		level: next.level + 1,
		levels: policy.levels.length,
		why: next.why,
		contacts: level.contacts,
		channels: channelsToPage(incident, level, next),
	}
}
