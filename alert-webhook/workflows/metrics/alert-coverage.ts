import { componentAlertRules } from "../../../core/catalogue/subjects/intake.ts"
import type { Prometheus } from "../../../core/clients/prometheus.ts"
import type { Collector } from "../../../core/metrics/collector.ts"
import { sample } from "../../../core/metrics/samples.ts"
import { countByComponent } from "./count-coverage.ts"

/** The components with alert rules, from the rules that Prometheus evaluates rather than from the files. */
export const coverageCollector = (prometheus: Pick<Prometheus, "alertRules">): Collector => ({
	name: "alert_coverage",
	group: "safety",
	emits: [componentAlertRules],
	intervalMs: 30_000,
	timeoutMs: 10_000,
	async collect() {
		const counts = countByComponent(await prometheus.alertRules())
		return counts.map(({ component, count }) => sample(componentAlertRules, { component }, count))
	},
})
