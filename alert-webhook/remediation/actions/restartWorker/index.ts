import { selector } from "../../../../core/catalogue/promql.ts"
import { workerUp } from "../../../../core/catalogue/subjects/workers.ts"
import type { Context } from "../../../context.ts"
import { describeLever, pullLever } from "../../levers/pull.ts"
import type { Action } from "../action.ts"

/**
 * A worker that the exporters watch has to live again: one that is gone takes no memory either. Of any other nothing is
 * known but what its alert says.
 */
async function lives({ outside }: Context, worker: string): Promise<boolean> {
	const up = selector({ of: workerUp, matchers: { worker } })
	const watched = await outside.prometheus.query(`count_over_time(${up}[1h])`)
	return watched.length === 0 || (await outside.prometheus.query(up)).some(({ value }) => value === 1)
}

/** Restarts a worker of the autonomous system: a systemd unit, a container, or what a control endpoint restarts. */
export const restartWorker: Action = {
	describe: "Restart the worker",
	target: ({ labels }) => labels.worker ?? labels.process ?? labels.instance,
	precondition: async ({ settings }, { target }) =>
		!settings.levers.workers.has(target) ? `no way to restart the worker ${target} is configured` : undefined,
	async plan({ settings }, { target }) {
		const lever = settings.levers.workers.get(target)
		return lever ? [describeLever(lever), `wait until ${target} lives, if the exporters watch it`] : []
	},
	async run({ settings }, { target, signal }) {
		const lever = settings.levers.workers.get(target)
		if (!lever) throw new TypeError(`no lever for ${target}`)
		await pullLever(lever, settings.programEnv, signal)
		return { did: describeLever(lever) }
	},
	verify: (ctx, { target }) => lives(ctx, target),
}
