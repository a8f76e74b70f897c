import { SYSTEM } from "../../../store/audit/append.ts"
import { readControl } from "../../../store/control.ts"
import { requireComplete } from "../../control/apply.ts"
import { emergencyStop as stop } from "../../control/change.ts"
import type { Action } from "./action.ts"
import { none, planOf } from "./sessions.ts"

/** Ends all autonomous work at once. Only a person can release the stop. */
export const emergencyStop: Action = {
	describe: "Stop all autonomous work",
	effect: "contains",
	target: () => "autonomous sessions",
	precondition: async (ctx) =>
		(await readControl(ctx)).state === "stop" ? "an emergency stop is active already" : undefined,
	plan: async (ctx) => [
		"close the gate: every tool call is denied from then on",
		...(await planOf(ctx, "alive", (sessions) => `end ${sessions} as emergency_stopped`)),
		ctx.clients.workflow
			? `disable the GitHub workflow ${ctx.clients.workflow.name}`
			: "no GitHub workflow is configured",
		...ctx.clients.brakes.map(({ name, place }) => `set ${place} to zero (brake ${name})`),
		...(ctx.clients.sessionProcesses ? [`end the processes of sessions on ${ctx.settings.gateHost}`] : []),
		`page ${ctx.settings.criticalChannels.join(", ") || "no channel: no critical channel is configured"}`,
	],
	async run(ctx, { incident }) {
		const followed = await stop(ctx, {
			by: SYSTEM,
			reason: `${incident.alertname}, incident ${incident.id}`,
			incidentId: incident.id,
		})
		return { stopped: requireComplete(followed).length, workflow: ctx.clients.workflow?.name ?? null }
	},
	verify: async (ctx) => (await readControl(ctx)).state === "stop" && none(await ctx.clients.sessions.alive()),
}
