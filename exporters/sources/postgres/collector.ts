import type { Group, SeriesSpec } from "../../../core/catalogue/types.ts"
import type { Clock } from "../../../core/lib/clock.ts"
import { ObservatoryError } from "../../../core/lib/errors.ts"
import type { Logger } from "../../../core/lib/log.ts"
import type { Collector } from "../../../core/metrics/collector.ts"
import { samplesOf } from "../../../core/metrics/durable.ts"
import type { Sample } from "../../../core/metrics/samples.ts"
import { ZERO_HOLD_MS } from "../../../core/metrics/zero-first.ts"
import type { Row, RowState, Stream } from "../../kit/stream.ts"
import type { Databases } from "./places.ts"
import { Reader, type ReaderOptions, type Reading } from "./reader.ts"

/** A stream, and the gauges that are made from the rows it watches. */
export interface Part {
	readonly emits: readonly SeriesSpec[]
	/** One turn of the reader. */
	turn(signal: AbortSignal, clock: () => number, until: number): Promise<Reading>
	gauges(statuses: ReadonlyMap<string, number>): readonly Sample[]
}

export function part<R extends Row, S extends RowState>(
	databases: Databases,
	stream: Stream<R, S>,
	options: ReaderOptions,
	gauges?: { emits: readonly SeriesSpec[]; of(statuses: ReadonlyMap<string, number>): readonly Sample[] },
): Part {
	const reader = new Reader(databases, stream, { ...options, statuses: gauges !== undefined })
	return {
		emits: [...stream.emits, ...(gauges?.emits ?? [])],
		turn: (signal, clock, until) => reader.turn(signal, clock, until),
		gauges: (statuses) => gauges?.of(statuses) ?? [],
	}
}

export interface ContractCollectorOptions {
	readonly name: string
	readonly group: Exclude<Group, "observatory">
	readonly parts: readonly Part[]
	readonly clock: Clock
	readonly log: Logger
	readonly intervalMs?: number
	readonly timeoutMs?: number
	readonly zeroHoldMs?: number
}

/**
 * A collector of what the contract's views say. While it still reads history it counts as failing: half a history
 * exported now and the rest later would look like a burst.
 */
export function contractCollector(options: ContractCollectorOptions): Collector {
	const { name, group, parts, clock, intervalMs = 15_000, timeoutMs = 10_000 } = options
	return {
		name,
		group,
		emits: parts.flatMap((each) => each.emits),
		intervalMs,
		timeoutMs,
		zeroHoldMs: options.zeroHoldMs ?? ZERO_HOLD_MS,
		async collect(signal) {
			const until = clock.now() + 0.7 * timeoutMs
			const samples: Sample[] = []
			for (const each of parts) {
				const { totals, statuses, complete } = await each.turn(signal, () => clock.now(), until)
				if (!complete)
					throw new ObservatoryError(
						"unavailable",
						`${name} is still reading history; its values appear when all is read`,
					)
				samples.push(...samplesOf(each.emits, totals), ...each.gauges(statuses))
			}
			return samples
		},
	}
}
