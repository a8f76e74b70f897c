import { SYSTEM } from "../../../audit/append.ts"
import { emergencyStop as stop } from "../../../control/change.ts"
import { readControl } from "../../../control/read.ts"
import type { Action } from "../action.ts"

/** Ends all autonomous work at once. Letting it begin again is a person's decision. */
export const emergencyStop: Action = {
	describe: "Stop everything autonomous",
	effect: "contains",
	target: () => "autonomous sessions",
	precondition: async (ctx) =>
		(await readControl(ctx)).state === "stop" ? "everything is stopped already" : undefined,
	plan: async (ctx) => [
		"close the gate: every tool call is denied from then on",
		`end ${await ctx.outside.sessions.alive()} sessions as emergency_stopped`,
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
	verify: async (ctx) => (await readControl(ctx)).state === "stop" && (await ctx.outside.sessions.alive()) === 0,
}
