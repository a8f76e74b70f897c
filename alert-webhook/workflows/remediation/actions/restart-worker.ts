import { quote, selector } from "../../../../core/catalogue/promql.ts"
import { workerUp } from "../../../../core/catalogue/subjects/workers.ts"
import { ObservatoryError } from "../../../../core/lib/errors.ts"
import { describeRestarter, restart } from "../../../clients/restarters/restart.ts"
import type { Context } from "../../../context.ts"
import type { Action } from "./action.ts"

/**
 * A cleared alert proves nothing: a dead worker uses no memory and has no series. The worker has to be seen alive, by
 * the exporters or as a target that Prometheus scrapes.
 *
 * @throws ObservatoryError when it is neither
 */
async function lives({ clients }: Context, worker: string): Promise<boolean> {
	const watched = selector({ of: workerUp, matchers: { worker } })
	const elements = await clients.prometheus.query(`${watched} or up{instance=${quote(worker)}}`)
	if (elements.length === 0)
		throw new ObservatoryError(
			"not_found",
			`it is not known whether ${worker} is alive: it is not in WORKERS, and Prometheus does not scrape it`,
		)
	return elements.some(({ value }) => value === 1)
}

/** Restarts a worker of the autonomous system: a systemd unit, a container, or by a control endpoint. */
export const restartWorker: Action = {
	describe: "Restart the worker",
	effect: "repairs",
	target: ({ labels }) => labels.worker ?? labels.process ?? labels.instance,
	precondition: async ({ settings }, { target }) =>
		!settings.restarters.workers.has(target) ? `no way to restart the worker ${target} is configured` : undefined,
	async plan({ settings }, { target }) {
		const restarter = settings.restarters.workers.get(target)
		return restarter ? [describeRestarter(restarter), `wait until ${target} is seen alive`] : []
	},
	async run({ settings }, { target, signal }) {
		const restarter = settings.restarters.workers.get(target)
		if (!restarter) throw new TypeError(`no restarter for ${target}`)
		await restart(restarter, settings.programEnv, signal)
		return { did: describeRestarter(restarter) }
	},
	verify: (ctx, { target }) => lives(ctx, target),
}
