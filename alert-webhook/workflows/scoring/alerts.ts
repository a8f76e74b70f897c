import type { ScoredPath } from "../../../core/catalogue/subjects/anomalies.ts"
import type { Prometheus } from "../../../core/clients/prometheus.ts"
import type { Clock } from "../../../core/lib/clock.ts"
import { pathsIn } from "../../domain/anomaly/subjects.ts"

/** How long Prometheus' rules are cached. */
const FRESH_MS = 60_000

/** The alerts about scored subjects, from the expressions that Prometheus evaluates. */
export class ScoredAlerts {
	readonly #prometheus: Pick<Prometheus, "alertRules">
	readonly #clock: Clock
	#known: ReadonlyMap<string, readonly ScoredPath[]> = new Map()
	#askedAt = Number.NEGATIVE_INFINITY

	constructor(prometheus: Pick<Prometheus, "alertRules">, clock: Clock) {
		this.#prometheus = prometheus
		this.#clock = clock
	}

	/**
	 * The scored subjects by the alert's name; an alert about none is absent.
	 *
	 * @throws ObservatoryError
	 */
	async paths(): Promise<ReadonlyMap<string, readonly ScoredPath[]>> {
		const now = this.#clock.now()
		if (now - this.#askedAt < FRESH_MS) return this.#known
		const known = new Map<string, readonly ScoredPath[]>()
		for (const { name, query } of await this.#prometheus.alertRules()) {
			const paths = [...new Set([...(known.get(name) ?? []), ...pathsIn(query)])]
			if (paths.length > 0) known.set(name, paths)
		}
		this.#known = known
		this.#askedAt = now
		return known
	}
}
