import { count, inArray } from "drizzle-orm"
import { ACTIVE_STATES } from "../../../../core/catalogue/subjects/sessions.ts"
import { claudeSessions } from "../../../../core/db/schema/index.ts"
import { SYSTEM } from "../../../audit/append.ts"
import type { Context } from "../../../context.ts"
import { emergencyStop as stop } from "../../../control/change.ts"
import { readControl } from "../../../control/read.ts"
import type { Action } from "../action.ts"

async function alive({ db }: Context): Promise<number> {
	const [row] = await db
		.select({ n: count() })
		.from(claudeSessions)
		.where(inArray(claudeSessions.status, [...ACTIVE_STATES]))
	return row?.n ?? 0
}

/** Ends all autonomous work at once. Letting it begin again is a person's decision. */
export const emergencyStop: Action = {
	describe: "Stop everything autonomous",
	target: () => "autonomous sessions",
	precondition: async (ctx) =>
		(await readControl(ctx)).state === "stop" ? "everything is stopped already" : undefined,
	plan: async (ctx) => [
		"close the gate: every tool call is denied from then on",
		`end ${await alive(ctx)} sessions as emergency_stopped`,
		ctx.outside.workflow
			? `disable the GitHub workflow ${ctx.outside.workflow.name}`
			: "no GitHub workflow is configured",
		`tell ${ctx.settings.criticalChannels.join(", ") || "nobody: no critical channel is configured"}`,
	],
	async run(ctx, { incident }) {
		const stopped = await stop(ctx, {
			by: SYSTEM,
			reason: `${incident.alertname}, incident ${incident.id}`,
			incidentId: incident.id,
		})
		// Disabled here as well as by its job, so that a failure is this action's failure.
		await ctx.outside.workflow?.set(false)
		return { stopped: stopped.length, workflow: ctx.outside.workflow?.name ?? null }
	},
	verify: async (ctx) => (await readControl(ctx)).state === "stop" && (await alive(ctx)) === 0,
}
