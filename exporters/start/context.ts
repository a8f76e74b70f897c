import type { Clock } from "../../core/lib/clock.ts"
import type { Lifecycle } from "../../core/lib/lifecycle.ts"
import type { Logger } from "../../core/lib/log.ts"
import type { MetricRegistry } from "../../core/metrics/registry.ts"
import type { Settings } from "../settings.ts"

/** What each part of the exporters' process is started with. */
export interface ExporterContext {
	readonly settings: Settings
	readonly telemetry: MetricRegistry
	readonly clock: Clock
	readonly log: Logger
	readonly lifecycle: Pick<Lifecycle, "onClose">
}
