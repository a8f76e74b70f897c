import type { ScoredPath } from "../../../core/catalogue/subjects/anomalies.ts"
import type { AlertRule } from "../../../core/clients/prometheus.ts"
import type { CompiledAlerts } from "../../clients/compiled-alerts.ts"
import { pathsIn } from "../../domain/anomaly/subjects.ts"

/** Alerts change rarely. */
const MAX_AGE_MS = 60_000

/** The alerts about scored subjects, from the expressions that Prometheus evaluates. */
export class ScoredAlerts {
	readonly #compiled: Pick<CompiledAlerts, "recent">
	#from: readonly AlertRule[] = []
	#paths: ReadonlyMap<string, readonly ScoredPath[]> = new Map()

	constructor(compiled: Pick<CompiledAlerts, "recent">) {
		this.#compiled = compiled
	}

	/**
	 * The scored subjects by the alert's name; an alert about none is absent.
	 *
	 * @throws ObservatoryError
	 */
	async paths(): Promise<ReadonlyMap<string, readonly ScoredPath[]>> {
		const alerts = await this.#compiled.recent(MAX_AGE_MS)
		if (alerts !== this.#from) {
			this.#paths = scoredPaths(alerts)
			this.#from = alerts
		}
		return this.#paths
	}
}

function scoredPaths(alerts: readonly AlertRule[]): ReadonlyMap<string, readonly ScoredPath[]> {
	const known = new Map<string, readonly ScoredPath[]>()
	for (const { name, query } of alerts) {
		const paths = [...new Set([...(known.get(name) ?? []), ...pathsIn(query)])]
		if (paths.length > 0) known.set(name, paths)
	}
	return known
}
