import {
	type DROP_REASONS,
	recordsDropped,
	recordsProcessed,
	recordsReceived,
	recordsUnknown,
	recordsUnusable,
	spansDropped,
	spansProcessed,
	spansReceived,
	telemetryErrors,
	type UnusableReason,
} from "../../../core/catalogue/subjects/telemetry.ts"
import type { MetricRegistry } from "../../../core/metrics/registry.ts"
import type { RefusalReason } from "./body.ts"
import type { Signal } from "./decode/units.ts"
import { LastMinute } from "./health.ts"

type DropReason = (typeof DROP_REASONS)[number]

/** The receiver's counters: for each signal, received = processed + dropped + waiting, to the record. */
export interface ReceiverCounters {
	received(signal: Signal, records: number): void
	processed(signal: Signal, records: number): void
	dropped(signal: Signal, records: number, reason: DropReason): void
	/** One record that was received and could not be used; it counts as dropped besides. */
	unusable(signal: Signal, name: string, reason: UnusableReason): void
	/** One record that no series is made of. */
	unknown(signal: Signal, name: string): void
	refused(reason: RefusalReason): void
	lastMinute(): { received: number; dropped: number; refused: number }
}

/** @param zeroHoldMs how long a name that has just appeared is shown at 0 */
export function createReceiverCounters(
	telemetry: MetricRegistry,
	now: () => number,
	zeroHoldMs: number,
): ReceiverCounters {
	const minute = new LastMinute(now)
	const spans = {
		received: telemetry.counter(spansReceived),
		processed: telemetry.counter(spansProcessed),
		dropped: telemetry.counter(spansDropped),
	}
	const records = {
		received: telemetry.counter(recordsReceived),
		processed: telemetry.counter(recordsProcessed),
		dropped: telemetry.counter(recordsDropped),
	}
	const unusable = telemetry.counter(recordsUnusable, { zeroHoldMs })
	const unknown = telemetry.counter(recordsUnknown, { zeroHoldMs })
	const errors = telemetry.counter(telemetryErrors)
	const kind = (signal: Exclude<Signal, "traces">) => (signal === "metrics" ? "metric_point" : "log_record")
	return {
		received(signal, n) {
			minute.add("received", n)
			if (signal === "traces") spans.received.inc({}, n)
			else records.received.inc({ signal: kind(signal) }, n)
		},
		processed(signal, n) {
			if (signal === "traces") spans.processed.inc({}, n)
			else records.processed.inc({ signal: kind(signal) }, n)
		},
		dropped(signal, n, reason) {
			minute.add("dropped", n)
			if (signal === "traces") spans.dropped.inc({ reason }, n)
			else records.dropped.inc({ signal: kind(signal), reason }, n)
		},
		unusable(signal, name, reason) {
			unusable.inc({ signal: signal === "traces" ? "span" : kind(signal), name: name || "unknown", reason })
		},
		unknown(signal, name) {
			unknown.inc({ signal: signal === "traces" ? "span" : kind(signal), name: name || "unknown" })
		},
		refused(reason) {
			errors.inc({ reason })
			// A request for an unknown path or method says nothing about the pipeline.
			if (reason !== "unsupported") minute.add("refused", 1)
		},
		lastMinute: () => minute.sums(),
	}
}
