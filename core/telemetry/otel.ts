import { PrometheusExporter, PrometheusSerializer } from "@opentelemetry/exporter-prometheus"
import { AggregationType, MeterProvider, type ResourceMetrics, type ViewOptions } from "@opentelemetry/sdk-metrics"
import type { Group, LabelSpecs, SeriesSpec } from "../catalogue/types.ts"
import { ObservatoryError } from "../lib/errors.ts"
import type { Closeable } from "../lib/lifecycle.ts"
import type { HistogramInstrument, Telemetry } from "./telemetry.ts"

/**
 * Catalogued series that are made by OpenTelemetry's metrics SDK instead of prom-client. They join the exposition of
 * one group; instruments with any other name, whoever makes them on this provider, are dropped.
 */
export class OtelInstruments implements Closeable {
	readonly #provider: MeterProvider
	readonly #telemetry: Telemetry
	readonly #specs: readonly SeriesSpec[]

	constructor(telemetry: Telemetry, group: Group, specs: readonly SeriesSpec[]) {
		this.#telemetry = telemetry
		this.#specs = specs
		// The exporter's own HTTP server is not wanted: its text joins ours.
		const exporter = new PrometheusExporter({ preventServerStart: true })
		const serializer = new PrometheusSerializer(undefined, false, undefined, true, true)
		this.#provider = new MeterProvider({ readers: [exporter], views: specs.map(view) })
		telemetry.addPart(group, specs, async () => {
			const { resourceMetrics, errors } = await exporter.collect()
			if (errors.length > 0)
				throw new ObservatoryError("internal", "OpenTelemetry's instruments cannot be read", { cause: errors[0] })
			const text = serializer.serialize(only(resourceMetrics, specs))
			return text.startsWith("# no registered metrics") ? "" : text
		})
	}

	/** For libraries that bring instruments of their own, which are dropped unless they are among the given series. */
	get provider(): MeterProvider {
		return this.#provider
	}

	histogram<L extends LabelSpecs>(spec: SeriesSpec<L, "histogram">): HistogramInstrument<L> {
		if (!this.#specs.includes(spec)) throw new TypeError(`${spec.name} is not among this part's series`)
		const instrument = this.#provider.getMeter("mcp-observatory").createHistogram(spec.name, { description: spec.help })
		return { observe: (labels, value) => instrument.record(value, { ...this.#telemetry.fold(spec, labels) }) }
	}

	close(): Promise<void> {
		return this.#provider.shutdown()
	}
}

/** A view that drops `*` would drop ours as well, since the SDK merges views of one instrument: so it is done here. */
function only(read: ResourceMetrics, specs: readonly SeriesSpec[]): ResourceMetrics {
	const names = new Set(specs.map(({ name }) => name))
	const scopeMetrics = read.scopeMetrics.map((scope) => ({
		...scope,
		metrics: scope.metrics.filter(({ descriptor }) => names.has(descriptor.name)),
	}))
	return { ...read, scopeMetrics }
}

const view = (spec: SeriesSpec): ViewOptions => ({
	instrumentName: spec.name,
	...(spec.type === "histogram"
		? {
				aggregation: {
					type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM,
					options: { boundaries: [...(spec.buckets ?? [])], recordMinMax: false },
				},
			}
		: { aggregation: { type: AggregationType.DEFAULT } }),
})
