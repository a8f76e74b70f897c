import { createRequire } from "node:module"
import { PrometheusExporter, PrometheusSerializer } from "@opentelemetry/exporter-prometheus"
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http"
import { PgInstrumentation } from "@opentelemetry/instrumentation-pg"
import { UndiciInstrumentation } from "@opentelemetry/instrumentation-undici"
import { createAllowListAttributesProcessor, type ResourceMetrics, type ViewOptions } from "@opentelemetry/sdk-metrics"
import { NodeSDK } from "@opentelemetry/sdk-node"
import { RUNTIME, type RuntimeSpec } from "../catalogue/runtime.ts"
import { ObservatoryError } from "../lib/errors.ts"
import type { Closeable } from "../lib/lifecycle.ts"

export interface OpenTelemetryOptions {
	/** The `service.name` of its spans. */
	readonly service: string
	/** True to export spans by the standard `OTEL_EXPORTER_OTLP_*` variables; false for no spans. */
	readonly tracing: boolean
}

/** OpenTelemetry's view of our own process. */
export interface OpenTelemetry extends Closeable {
	/** Its series as text that is valid in either format of exposition; ends in a line break unless it is empty. */
	expose(): Promise<string>
}

/** Limit of label sets of one series; the others become OpenTelemetry's `otel_metric_overflow`. */
const MOST_LABEL_SETS = 200

const OBSERVED = RUNTIME.flatMap((spec) => (spec.otel ? [{ ...spec, otel: spec.otel }] : []))
const NAMES = new Set(OBSERVED.map(({ name }) => name))

/**
 * Lets OpenTelemetry observe this process from now on, whatever was imported before:
 * - our HTTP servers: the prototype of `http.Server` is patched
 * - requests by `fetch`: Node's own undici publishes them on diagnostics channels
 * - PostgreSQL: the prototypes of pg's `Client` and `Pool` are patched
 *
 * No loader hook is needed: an instrumentation patches a module when it is required, so the modules are required here, and
 * every `import` shares the prototypes. Only OpenTelemetry's own exporter sends requests by `node:http`, and those are not
 * observed.
 */
export function startOpenTelemetry({ service, tracing }: OpenTelemetryOptions): OpenTelemetry {
	const reader = new PrometheusExporter({ preventServerStart: true })
	const sdk = new NodeSDK({
		serviceName: service,
		metricReaders: [reader],
		views: OBSERVED.map(view),
		logRecordProcessors: [],
		...(tracing ? {} : { spanProcessors: [] }),
		instrumentations: [
			new HttpInstrumentation({
				disableOutgoingRequestInstrumentation: true,
				// A receiver that exports spans of its own exports would never stop.
				ignoreIncomingRequestHook: ({ url }) => /^\/v1\/(traces|metrics|logs)/.test(url ?? ""),
			}),
			new UndiciInstrumentation(),
			new PgInstrumentation({ requireParentSpan: true }),
		],
	})
	sdk.start()
	const require = createRequire(import.meta.url)
	for (const name of ["http", "pg", "pg-pool"]) require(name)

	const serializer = new PrometheusSerializer(undefined, false, undefined, true, true)
	return {
		async expose() {
			const { resourceMetrics, errors } = await reader.collect()
			if (errors.length > 0)
				throw new ObservatoryError("internal", "OpenTelemetry's instruments cannot be read", { cause: errors[0] })
			const listed = onlyListed(resourceMetrics)
			return listed.scopeMetrics.some(({ metrics }) => metrics.length > 0) ? serializer.serialize(listed) : ""
		},
		close: () => sdk.shutdown(),
	}
}

const view = ({ name, help, otel }: RuntimeSpec & Required<Pick<RuntimeSpec, "otel">>): ViewOptions => ({
	instrumentName: otel.instrument,
	name,
	description: help,
	attributesProcessors: [createAllowListAttributesProcessor([...otel.attributes])],
	aggregationCardinalityLimit: MOST_LABEL_SETS,
})

/** Removes units: OpenMetrics requires the unit as the name's suffix, and `s` is none of `_seconds`. */
function onlyListed(read: ResourceMetrics): ResourceMetrics {
	return {
		...read,
		scopeMetrics: read.scopeMetrics.map((scope) => ({
			...scope,
			metrics: scope.metrics
				.filter(({ descriptor, dataPoints }) => NAMES.has(descriptor.name) && dataPoints.length > 0)
				.map((metric) => ({ ...metric, descriptor: { ...metric.descriptor, unit: "" } })),
		})),
	}
}
