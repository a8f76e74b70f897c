import { componentCheckDuration, componentStatus } from "../../core/catalogue/subjects/components.ts"
import type { Collector } from "../../core/metrics/collector.ts"
import { type Sample, sample, stateSet } from "../../core/metrics/samples.ts"
import type { ComponentCheck } from "./components.ts"

/** The health of every configured component. A failed component is a value, not a failure of the collector. */
export function healthCollector(checks: readonly ComponentCheck[]): Collector {
	return {
		name: "health",
		group: "health",
		emits: [componentStatus, componentCheckDuration],
		intervalMs: 10_000,
		timeoutMs: 8_000,
		async collect(signal) {
			const found = await Promise.all(checks.map((check) => run(check, signal)))
			return found.flat()
		},
	}
}

async function run({ component, check }: ComponentCheck, signal: AbortSignal): Promise<Sample[]> {
	const startedAt = performance.now()
	const status = await check(signal)
	if (status === undefined) return []
	const seconds = (performance.now() - startedAt) / 1000
	return [
		...stateSet(componentStatus, { component }, "status", status),
		sample(componentCheckDuration, { component }, seconds),
	]
}
