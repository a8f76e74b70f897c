import {
	type STORE_DROP_REASONS,
	storeBuffer,
	storeBytes,
	storeDropped,
	storeExpired,
	storeFiltered,
	storeLimit,
	storeOldest,
	storeReceived,
	storeStored,
} from "../../../../core/catalogue/subjects/telemetry-store.ts"
import type { MetricRegistry } from "../../../../core/metrics/registry.ts"
import type { StoredTable } from "./partitions.ts"
import type { FilterReason } from "./rows.ts"

export type StoreDropReason = (typeof STORE_DROP_REASONS)[number]

type StoredSignal = "traces" | "logs"
const signalLabel = (signal: StoredSignal) => (signal === "traces" ? ("span" as const) : ("log_record" as const))
const ofTable = (table: StoredTable) => (table === "spans" ? ("span" as const) : ("log_record" as const))

/** The store's series: received = stored + dropped + filtered + waiting, to the record. */
export interface StoreCounters {
	received(signal: StoredSignal): void
	stored(signal: StoredSignal, records: number): void
	dropped(signal: StoredSignal, records: number, reason: StoreDropReason): void
	filtered(signal: StoredSignal, records: number, reason: FilterReason | "duplicate"): void
	expired(table: StoredTable, reason: "age" | "size"): void
	/** Size of a table, and the start of its oldest partition in milliseconds since the epoch, if it has one. */
	kept(table: StoredTable, bytes: number, oldest: number | undefined): void
	utilization(value: number): void
}

export function createStoreCounters(telemetry: MetricRegistry, limitBytes: number): StoreCounters {
	const received = telemetry.counter(storeReceived)
	const stored = telemetry.counter(storeStored)
	const dropped = telemetry.counter(storeDropped)
	const filtered = telemetry.counter(storeFiltered)
	const expired = telemetry.counter(storeExpired)
	const bytes = telemetry.gauge(storeBytes)
	const oldest = telemetry.gauge(storeOldest)
	const utilization = telemetry.gauge(storeBuffer)
	utilization.set({}, 0)
	telemetry.gauge(storeLimit).set({}, limitBytes)
	return {
		received: (signal) => received.inc({ signal: signalLabel(signal) }),
		stored: (signal, n) => stored.inc({ signal: signalLabel(signal) }, n),
		dropped: (signal, n, reason) => dropped.inc({ signal: signalLabel(signal), reason }, n),
		filtered: (signal, n, reason) => filtered.inc({ signal: signalLabel(signal), reason }, n),
		expired: (table, reason) => expired.inc({ signal: ofTable(table), reason }),
		kept(table, size, from) {
			const labels = { signal: ofTable(table) }
			bytes.set(labels, size)
			if (from === undefined) oldest.remove(labels)
			else oldest.set(labels, from / 1_000)
		},
		utilization: (value) => utilization.set({}, value),
	}
}
