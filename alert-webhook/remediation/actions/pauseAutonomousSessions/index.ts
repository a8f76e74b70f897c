import { SYSTEM } from "../../../audit/append.ts"
import { pauseSessions } from "../../../control/change.ts"
import { readControl } from "../../../control/read.ts"
import type { Action } from "../action.ts"

/** Holds every autonomous session until a person lets them go on. */
export const pauseAutonomousSessions: Action = {
	describe: "Pause the autonomous sessions",
	effect: "contains",
	target: () => "autonomous sessions",
	async precondition(ctx) {
		const { state } = await readControl(ctx)
		return state === "run" ? undefined : `autonomous sessions are ${state === "pause" ? "paused" : "stopped"} already`
	},
	plan: async (ctx) => [
		`pause ${(await ctx.outside.sessions.working()).length} sessions`,
		"let no new session begin",
		"wait for a person to let them go on",
	],
	async run(ctx, { incident }) {
		const paused = await pauseSessions(ctx, { by: SYSTEM, reason: `${incident.alertname}, incident ${incident.id}` })
		return { paused: paused.length }
	},
	verify: async (ctx) =>
		(await readControl(ctx)).state !== "run" && (await ctx.outside.sessions.working()).length === 0,
}
