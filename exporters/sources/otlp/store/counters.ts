import {
	type STORE_DROP_REASONS,
	storeBuffer,
	storeBytes,
	storeDropped,
	storeExpired,
	storeFiltered,
	storeReceived,
	storeStored,
} from "../../../../core/catalogue/subjects/telemetry-store.ts"
import type { MetricRegistry } from "../../../../core/metrics/registry.ts"
import type { StoredTable } from "./partitions.ts"
import type { FilterReason } from "./rows.ts"

export type StoreDropReason = (typeof STORE_DROP_REASONS)[number]

type StoredSignal = "traces" | "logs"
const signalLabel = (signal: StoredSignal) => (signal === "traces" ? ("span" as const) : ("log_record" as const))

/** The store's series: received = stored + dropped + filtered + waiting, to the record. */
export interface StoreCounters {
	received(signal: StoredSignal): void
	stored(signal: StoredSignal, records: number): void
	dropped(signal: StoredSignal, records: number, reason: StoreDropReason): void
	filtered(signal: StoredSignal, records: number, reason: FilterReason | "duplicate"): void
	expired(table: StoredTable, reason: "age" | "size"): void
	bytes(table: StoredTable, bytes: number): void
	utilization(value: number): void
}

export function createStoreCounters(telemetry: MetricRegistry): StoreCounters {
	const received = telemetry.counter(storeReceived)
	const stored = telemetry.counter(storeStored)
	const dropped = telemetry.counter(storeDropped)
	const filtered = telemetry.counter(storeFiltered)
	const expired = telemetry.counter(storeExpired)
	const bytes = telemetry.gauge(storeBytes)
	const utilization = telemetry.gauge(storeBuffer)
	utilization.set({}, 0)
	return {
		received: (signal) => received.inc({ signal: signalLabel(signal) }),
		stored: (signal, n) => stored.inc({ signal: signalLabel(signal) }, n),
		dropped: (signal, n, reason) => dropped.inc({ signal: signalLabel(signal), reason }, n),
		filtered: (signal, n, reason) => filtered.inc({ signal: signalLabel(signal), reason }, n),
		expired: (table, reason) => expired.inc({ signal: table === "spans" ? "span" : "log_record", reason }),
		bytes: (table, value) => bytes.set({ signal: table === "spans" ? "span" : "log_record" }, value),
		utilization: (value) => utilization.set({}, value),
	}
}
