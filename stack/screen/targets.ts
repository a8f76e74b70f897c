import type { Target } from "../../core/clients/prometheus.ts"
import type { Targets } from "./view.ts"

/** Counts the scrape targets of Prometheus by their state. */
export function countTargets(targets: readonly Target[]): Targets {
	const inState = (state: Target["health"]) => targets.filter(({ health }) => health === state)
	return {
		up: inState("up").length,
		total: targets.length,
		waiting: inState("unknown").map(({ job }) => job),
		down: inState("down").map(({ job, lastError }) => `${job}: ${lastError}`),
	}
}
