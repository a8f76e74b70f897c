import { quote, selector } from "../../../../core/catalogue/promql.ts"
import { workerUp } from "../../../../core/catalogue/subjects/workers.ts"
import { ObservatoryError } from "../../../../core/lib/errors.ts"
import { describeLever, pullLever } from "../../../clients/restarters/restart.ts"
import type { Context } from "../../../context.ts"
import type { Action } from "./action.ts"

/**
 * That its alert has cleared proves nothing: a worker that is gone takes no memory and has no series. It has to be seen
 * to live, as one that the exporters watch or as a target that Prometheus scrapes.
 *
 * @throws ObservatoryError when it is neither
 */
async function lives({ outside }: Context, worker: string): Promise<boolean> {
	const watched = selector({ of: workerUp, matchers: { worker } })
	const elements = await outside.prometheus.query(`${watched} or up{instance=${quote(worker)}}`)
	if (elements.length === 0)
		throw new ObservatoryError(
			"not_found",
			`nothing tells whether ${worker} lives: it is not in WORKERS, and Prometheus does not scrape it`,
		)
	return elements.some(({ value }) => value === 1)
}

/** Restarts a worker of the autonomous system: a systemd unit, a container, or what a control endpoint restarts. */
export const restartWorker: Action = {
	describe: "Restart the worker",
	effect: "repairs",
	target: ({ labels }) => labels.worker ?? labels.process ?? labels.instance,
	precondition: async ({ settings }, { target }) =>
		!settings.levers.workers.has(target) ? `no way to restart the worker ${target} is configured` : undefined,
	async plan({ settings }, { target }) {
		const lever = settings.levers.workers.get(target)
		return lever ? [describeLever(lever), `wait until ${target} is seen to live`] : []
	},
	async run({ settings }, { target, signal }) {
		const lever = settings.levers.workers.get(target)
		if (!lever) throw new TypeError(`no lever for ${target}`)
		await pullLever(lever, settings.programEnv, signal)
		return { did: describeLever(lever) }
	},
	verify: (ctx, { target }) => lives(ctx, target),
}
