import { SYSTEM } from "../../../store/audit/append.ts"
import { readControl } from "../../../store/control.ts"
import { insist } from "../../control/apply.ts"
import { pauseSessions } from "../../control/change.ts"
import type { Action } from "./action.ts"
import { none, planOf } from "./sessions.ts"

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
		...(await planOf(ctx, "working", (sessions) => `pause ${sessions}`)),
		"let no new session begin",
		"wait for a person to let them go on",
	],
	async run(ctx, { incident }) {
		const followed = await pauseSessions(ctx, { by: SYSTEM, reason: `${incident.alertname}, incident ${incident.id}` })
		return { paused: insist(followed).length }
	},
	verify: async (ctx) => (await readControl(ctx)).state !== "run" && none(await ctx.outside.sessions.working()),
}
