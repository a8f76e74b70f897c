import type { HealthState } from "../../../core/catalogue/subjects/components.ts"
import type { Clock } from "../../../core/lib/clock.ts"
import type { ListenAddress } from "../../../core/lib/config.ts"
import type { HttpServer } from "../../../core/lib/http.ts"
import type { Closeable } from "../../../core/lib/lifecycle.ts"
import type { Logger } from "../../../core/lib/log.ts"
import type { MetricRegistry } from "../../../core/metrics/registry.ts"
import type { Forwarder } from "./forward/forwarder.ts"
import type { LogView } from "./interpret/model.ts"
import type { TelemetryStore } from "./store/store.ts"

/** Bounds of what the receiver holds; every one has a default. */
export interface OtlpLimits {
	/** Bytes of a request's body, before and after decompression. */
	readonly bodyBytes: number
	/**
	 * Requests that are being read at once, and the memory of their bodies together. When more arrive, senders that are slow
	 * are refused, then the new ones.
	 */
	readonly requests: number
	readonly readingBytes: number
	/** Milliseconds in which a body has to make progress. */
	readonly stallMs: number
	/** Spans, points and log records that wait to be processed. */
	readonly bufferRecords: number
	/** Bytes of the bodies that wait to be processed. */
	readonly bufferBytes: number
	/** Distinct streams of cumulative metrics that are remembered. */
	readonly streams: number
}

export interface OtlpReceiverOptions {
	readonly telemetry: MetricRegistry
	readonly listen: ListenAddress
	/** Where OTLP over gRPC is received; undefined for nowhere. */
	readonly grpcListen?: ListenAddress | undefined
	/** The bearer token that senders present; undefined accepts all senders. */
	readonly token?: string | undefined
	/** Origins whose pages may send telemetry. */
	readonly corsOrigins?: readonly string[]
	readonly log: Logger
	readonly clock: Clock
	/** Where spans and log records are stored; undefined for nowhere. The caller closes it after the receiver. */
	readonly store?: Pick<TelemetryStore, "accept"> | undefined
	/** Where accepted requests are forwarded; undefined for nowhere. The caller closes it after the receiver. */
	readonly forwarder?: Pick<Forwarder, "forward"> | undefined
	readonly limits?: Partial<OtlpLimits>
	/**
	 * How long a series with a new label value is shown at 0 before its first value; longer than a scrape interval, 20 s
	 * when not given, 0 to show values at once.
	 */
	readonly zeroHoldMs?: number
	/** Called with what a session used, each time its telemetry says so. */
	readonly onUsage?: OnUsage
	/** Called with each log record. */
	readonly onLog?: OnLog
}

/** The OTLP/gRPC endpoint. */
export interface GrpcServer extends Closeable {
	/** `http://host:port`, as the exporters of OpenTelemetry want it. */
	readonly url: string
}

export type OnLog = (log: LogView) => void

/** @param used tokens of all types, or US dollars */
export type OnUsage = (session: string, used: { readonly tokens: number; readonly usd: number }) => void

/** The OTLP/HTTP endpoint, `POST /v1/traces`, `/v1/metrics`, `/v1/logs`, and the one of gRPC. */
export interface OtlpReceiver extends HttpServer {
	readonly grpc: GrpcServer | undefined
	/** State of the pipeline over the last minute, for the health check of `opentelemetry`. */
	health(): { readonly status: HealthState; readonly detail: string }
	/** Resolves when everything received so far has been processed. */
	drained(): Promise<void>
}
