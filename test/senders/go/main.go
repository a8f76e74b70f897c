// Does what test/senders/scenario.ts says, with OpenTelemetry's Go SDK.
package main

import (
	"context"
	"os"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	otellog "go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

const event = "gen_ai.client.inference.operation.details"

// check ends the program: its exit code is what counts.
func check(err error) {
	if err != nil {
		panic(err)
	}
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

func temporality(sdkmetric.InstrumentKind) metricdata.Temporality {
	if os.Getenv("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE") == "delta" {
		return metricdata.DeltaTemporality
	}
	return metricdata.CumulativeTemporality
}

func exporters(ctx context.Context) (sdkmetric.Exporter, sdktrace.SpanExporter, log.Exporter) {
	if os.Getenv("OTEL_EXPORTER_OTLP_PROTOCOL") == "grpc" {
		return must(otlpmetricgrpc.New(ctx, otlpmetricgrpc.WithTemporalitySelector(temporality))),
			must(otlptracegrpc.New(ctx)), must(otlploggrpc.New(ctx))
	}
	return must(otlpmetrichttp.New(ctx, otlpmetrichttp.WithTemporalitySelector(temporality))),
		must(otlptracehttp.New(ctx)), must(otlploghttp.New(ctx))
}

func main() {
	ctx := context.Background()
	has := func(signal string) bool { return strings.Contains(os.Getenv("SENDER_SIGNALS"), signal) }
	res := resource.NewSchemaless(
		attribute.String("service.name", "go-sender"), attribute.String("service.instance.id", "1"))
	metricExporter, traceExporter, logExporter := exporters(ctx)
	reader := sdkmetric.NewPeriodicReader(metricExporter, sdkmetric.WithInterval(10*time.Minute))
	meters := sdkmetric.NewMeterProvider(sdkmetric.WithResource(res), sdkmetric.WithReader(reader))
	tracers := sdktrace.NewTracerProvider(sdktrace.WithResource(res), sdktrace.WithBatcher(traceExporter))
	loggers := log.NewLoggerProvider(
		log.WithResource(res), log.WithProcessor(log.NewBatchProcessor(logExporter)))

	meter := meters.Meter("sender")
	tokens := must(meter.Int64Histogram("gen_ai.client.token.usage", metric.WithUnit("{token}")))
	durations := must(meter.Float64Histogram("gen_ai.client.operation.duration", metric.WithUnit("s")))
	tracer := tracers.Tracer("sender")
	logger := loggers.Logger("sender")

	common := []attribute.KeyValue{
		attribute.String("gen_ai.agent.name", "planner"),
		attribute.String("gen_ai.provider.name", "openai"),
		attribute.String("gen_ai.request.model", "gpt-test"),
	}
	with := func(more ...attribute.KeyValue) []attribute.KeyValue {
		return append(append([]attribute.KeyValue{}, common...), more...)
	}
	emit := func(attributes []attribute.KeyValue) {
		var record otellog.Record
		record.SetEventName(event)
		record.SetTimestamp(time.Now())
		for _, one := range attributes {
			if one.Value.Type() == attribute.INT64 {
				record.AddAttributes(otellog.Int64(string(one.Key), one.Value.AsInt64()))
			} else {
				record.AddAttributes(otellog.String(string(one.Key), one.Value.AsString()))
			}
		}
		logger.Emit(ctx, record)
	}

	chat := func(call int64, failed bool) {
		of := with(attribute.String("gen_ai.operation.name", "chat"))
		timed := of
		if failed {
			timed = with(attribute.String("gen_ai.operation.name", "chat"), attribute.String("error.type", "timeout"))
		}
		used := append(append([]attribute.KeyValue{}, timed...),
			attribute.Int64("gen_ai.usage.input_tokens", 101*call), attribute.Int64("gen_ai.usage.output_tokens", 11*call))
		if has("metrics") {
			tokens.Record(ctx, 101*call, metric.WithAttributes(of...),
				metric.WithAttributes(attribute.String("gen_ai.token.type", "input")))
			tokens.Record(ctx, 11*call, metric.WithAttributes(of...),
				metric.WithAttributes(attribute.String("gen_ai.token.type", "output")))
			durations.Record(ctx, 0.5, metric.WithAttributes(timed...))
		}
		if has("traces") {
			now := time.Now()
			_, span := tracer.Start(ctx, "chat gpt-test", trace.WithSpanKind(trace.SpanKindClient),
				trace.WithTimestamp(now), trace.WithAttributes(used...))
			if failed {
				span.SetStatus(codes.Error, "timeout")
			}
			span.End(trace.WithTimestamp(now.Add(500 * time.Millisecond)))
		}
		if has("logs") {
			emit(used)
		}
	}
	tool := func() {
		of := with(attribute.String("gen_ai.operation.name", "execute_tool"), attribute.String("gen_ai.tool.name", "search"))
		if has("metrics") {
			durations.Record(ctx, 0.1, metric.WithAttributes(of...))
		}
		if has("traces") {
			_, span := tracer.Start(ctx, "execute_tool search", trace.WithAttributes(of...))
			span.End()
		}
		if has("logs") {
			emit(of)
		}
	}
	flush := func() {
		check(meters.ForceFlush(ctx))
		check(tracers.ForceFlush(ctx))
		check(loggers.ForceFlush(ctx))
	}

	for call := int64(1); call <= 7; call++ {
		chat(call, call == 3 || call == 6)
		if call <= 3 {
			tool()
		}
		if call == 4 {
			flush()
		}
	}
	flush()
	check(meters.Shutdown(ctx))
	check(tracers.Shutdown(ctx))
	check(loggers.Shutdown(ctx))
}
