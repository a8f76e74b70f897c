import type { Group } from "../../../core/catalogue/types.ts"
import type { Clock } from "../../../core/lib/clock.ts"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import type { Collector } from "../../../core/metrics/collector.ts"
import { samplesOf } from "../../../core/metrics/durable.ts"
import { ZERO_HOLD_MS } from "../../../core/metrics/zero-first.ts"
import type { Row, RowState, Stream } from "../../kit/stream.ts"
import { Reader, type ReaderOptions } from "./reader.ts"
import type { Databases } from "./snapshots.ts"

export interface ViewCollectorOptions {
	readonly group: Exclude<Group, "observatory">
	readonly clock: Clock
	readonly reader: ReaderOptions
	readonly intervalMs?: number
	readonly timeoutMs?: number
	readonly zeroHoldMs?: number
}

/**
 * The collector of one view of the contract, under the view's name, so that each view fails alone. While it reads
 * history it counts as failing, without values: half of it exported now and the rest later would look like a burst. While the
 * source is away, the totals that were counted stay; what is open then is not known, and has no value.
 */
export function viewCollector<R extends Row, S extends RowState>(
	databases: Databases,
	stream: Stream<R, S>,
	options: ViewCollectorOptions,
): Collector {
	const { group, clock, intervalMs = 15_000, timeoutMs = 10_000 } = options
	const { view, gauges } = stream
	const reader = new Reader(databases, stream, { ...options.reader, statuses: gauges !== undefined })
	return {
		name: view,
		group,
		emits: [...stream.emits, ...(gauges?.emits ?? [])],
		intervalMs,
		timeoutMs,
		zeroHoldMs: options.zeroHoldMs ?? ZERO_HOLD_MS,
		async collect(signal) {
			const { totals, statuses, complete } = await reader.poll(signal, () => clock.now(), clock.now() + 0.7 * timeoutMs)
			if (!complete)
				throw new ObservatoryError(
					"unavailable",
					`${view} is still reading history; its values appear when all is read`,
				)
			return [...samplesOf(stream.emits, totals), ...(gauges?.of(statuses) ?? [])]
		},
		async kept(signal) {
			const totals = await reader.kept(signal)
			return totals && samplesOf(stream.emits, totals)
		},
	}
}
