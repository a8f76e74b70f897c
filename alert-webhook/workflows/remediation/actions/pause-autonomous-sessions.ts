import { SYSTEM } from "../../../store/audit/append.ts"
import { readControl } from "../../../store/control.ts"
import { requireComplete } from "../../control/apply.ts"
import { pauseSessions } from "../../control/change.ts"
import type { Action } from "./action.ts"
import { none, planOf } from "./sessions.ts"

/** Pauses every autonomous session until a person resumes them. */
export const pauseAutonomousSessions: Action = {
	describe: "Pause the autonomous sessions",
	effect: "contains",
	target: () => "autonomous sessions",
	async precondition(ctx) {
		const { state } = await readControl(ctx)
		return state === "run" ? undefined : `autonomous sessions are ${state === "pause" ? "paused" : "stopped"} already`
	},
	plan: async (ctx) => [
		...(await planOf(ctx, "working", (sessions) => `pause ${sessions}`)),
		"pause new sessions as well",
		"wait for a person to resume them",
	],
	async run(ctx, { incident }) {
		const followed = await pauseSessions(ctx, { by: SYSTEM, reason: `${incident.alertname}, incident ${incident.id}` })
		return { paused: requireComplete(followed).length }
	},
	verify: async (ctx) => (await readControl(ctx)).state !== "run" && none(await ctx.clients.sessions.working()),
}
