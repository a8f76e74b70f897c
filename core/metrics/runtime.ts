import { collectDefaultMetrics, Registry } from "prom-client"
import { RUNTIME } from "../catalogue/runtime.ts"
import type { Closeable } from "../lib/lifecycle.ts"
import { type OpenTelemetryOptions, startOpenTelemetry } from "./opentelemetry.ts"

/** A metric as prom-client's registry asks for it. */
export interface Source {
	readonly name: string
	readonly type: unknown
	get(): Promise<{ readonly name: string; readonly help: string; readonly values: readonly unknown[] }>
}

/** The process metrics of `RUNTIME`, and no others. */
export interface Runtime extends Closeable {
	readonly metrics: readonly Source[]
	/** Series that are text already, valid in either format of exposition. */
	expose(): Promise<string>
}

/** Observes this process from here on; once a process, in `main`. */
export function observeRuntime(options: OpenTelemetryOptions): Runtime {
	const registry = new Registry()
	collectDefaultMetrics({ register: registry })
	const listed = new Set(RUNTIME.map(({ name }) => name))
	const metrics = (registry.getMetricsAsArray() as unknown as Source[]).filter(({ name }) => listed.has(name))
	return { metrics, ...startOpenTelemetry(options) }
}
