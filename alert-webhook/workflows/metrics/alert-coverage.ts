import { componentAlertRules } from "../../../core/catalogue/subjects/intake.ts"
import type { Collector } from "../../../core/metrics/collector.ts"
import { sample } from "../../../core/metrics/samples.ts"
import type { CompiledAlerts } from "../../clients/compiled-alerts.ts"
import { countByComponent } from "./count-coverage.ts"

const INTERVAL_MS = 30_000

/** The components with alert rules, from the rules that Prometheus evaluates rather than from the files. */
export const coverageCollector = (compiled: Pick<CompiledAlerts, "recent">): Collector => ({
	name: "alert_coverage",
	group: "safety",
	emits: [componentAlertRules],
	intervalMs: INTERVAL_MS,
	timeoutMs: 10_000,
	async collect() {
		const counts = countByComponent(await compiled.recent(INTERVAL_MS / 2))
		return counts.map(({ component, count }) => sample(componentAlertRules, { component }, count))
	},
})
