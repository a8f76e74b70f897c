import { describeLever, pullLever } from "../../levers/pull.ts"
import type { Action } from "../action.ts"

/** Restarts a worker of the autonomous system: a systemd unit, a container, or what a control endpoint restarts. */
export const restartWorker: Action = {
	describe: "Restart the worker",
	target: ({ labels }) => labels.worker ?? labels.process ?? labels.instance,
	precondition: async ({ settings }, { target }) =>
		settings.levers.workers[target] === undefined ? `no way to restart the worker ${target} is configured` : undefined,
	async plan({ settings }, { target }) {
		const lever = settings.levers.workers[target]
		return lever ? [describeLever(lever)] : []
	},
	async run({ settings }, { target, signal }) {
		const lever = settings.levers.workers[target]
		if (!lever) throw new TypeError(`no lever for ${target}`)
		await pullLever(lever, settings.programEnv, signal)
		return { did: describeLever(lever) }
	},
	// What a worker should be like is what its alert says.
	verify: async () => true,
}
