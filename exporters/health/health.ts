import {
	componentCheckDuration,
	componentLastHealthy,
	componentStatus,
} from "../../core/catalogue/subjects/components.ts"
import { type Clock, systemClock } from "../../core/lib/clock.ts"
import type { Collector } from "../../core/metrics/collector.ts"
import { type Sample, sample, stateSet } from "../../core/metrics/samples.ts"
import type { ComponentCheck } from "./components.ts"

/** The health of every configured component. A failed component is a value, not a failure of the collector. */
export function healthCollector(checks: readonly ComponentCheck[], clock: Clock = systemClock): Collector {
	const lastHealthy = new Map<ComponentCheck, number>()
	return {
		name: "health",
		group: "health",
		emits: [componentStatus, componentCheckDuration, componentLastHealthy],
		intervalMs: 10_000,
		timeoutMs: 8_000,
		async collect(signal) {
			const found = await Promise.all(checks.map((check) => run(check, signal, clock, lastHealthy)))
			return found.flat()
		},
	}
}

async function run(
	one: ComponentCheck,
	signal: AbortSignal,
	clock: Clock,
	lastHealthy: Map<ComponentCheck, number>,
): Promise<Sample[]> {
	const { component } = one
	const startedAt = performance.now()
	const status = await one.check(signal)
	if (status === undefined) return []
	if (status === "healthy") lastHealthy.set(one, clock.now() / 1000)
	const healthyAt = lastHealthy.get(one)
	const seconds = (performance.now() - startedAt) / 1000
	return [
		...stateSet(componentStatus, { component }, "status", status),
		sample(componentCheckDuration, { component }, seconds),
		...(healthyAt === undefined ? [] : [sample(componentLastHealthy, { component }, healthyAt)]),
	]
}
