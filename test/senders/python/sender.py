"""Does what test/senders/scenario.ts says, with OpenTelemetry's Python SDK."""

import os
import time

from opentelemetry._logs import SeverityNumber
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode

if os.environ["OTEL_EXPORTER_OTLP_PROTOCOL"] == "grpc":
    from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
else:
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

SIGNALS = os.environ["SENDER_SIGNALS"].split(",")
DELTA = os.environ["OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"] == "delta"
TEMPORALITY = AggregationTemporality.DELTA if DELTA else AggregationTemporality.CUMULATIVE
COMMON = {
    "gen_ai.agent.name": "planner",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-test",
}

resource = Resource.create({"service.name": "python-sender", "service.instance.id": "1"})
exporter = OTLPMetricExporter(preferred_temporality={Counter: TEMPORALITY, Histogram: TEMPORALITY})
reader = PeriodicExportingMetricReader(exporter, export_interval_millis=600_000)
meters = MeterProvider(resource=resource, metric_readers=[reader])
tracers = TracerProvider(resource=resource)
tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
loggers = LoggerProvider(resource=resource)
loggers.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))

meter = meters.get_meter("sender")
tokens = meter.create_histogram("gen_ai.client.token.usage", unit="{token}")
durations = meter.create_histogram("gen_ai.client.operation.duration", unit="s")
tracer = tracers.get_tracer("sender")
logger = loggers.get_logger("sender")


def flush() -> None:
    for provider in (meters, tracers, loggers):
        provider.force_flush()


def chat(call: int, failed: bool) -> None:
    of = {**COMMON, "gen_ai.operation.name": "chat"}
    error = {"error.type": "timeout"} if failed else {}
    used = {"gen_ai.usage.input_tokens": 101 * call, "gen_ai.usage.output_tokens": 11 * call}
    if "metrics" in SIGNALS:
        tokens.record(101 * call, {**of, "gen_ai.token.type": "input"})
        tokens.record(11 * call, {**of, "gen_ai.token.type": "output"})
        durations.record(0.5, {**of, **error})
    if "traces" in SIGNALS:
        now = time.time_ns()
        span = tracer.start_span("chat gpt-test", kind=SpanKind.CLIENT, attributes={**of, **used, **error}, start_time=now)
        if failed:
            span.set_status(Status(StatusCode.ERROR))
        span.end(now + 500_000_000)
    if "logs" in SIGNALS:
        logger.emit(
            timestamp=time.time_ns(),
            severity_number=SeverityNumber.INFO,
            event_name="gen_ai.client.inference.operation.details",
            attributes={**of, **used, **error},
        )


def tool() -> None:
    of = {**COMMON, "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search"}
    if "metrics" in SIGNALS:
        durations.record(0.1, of)
    if "traces" in SIGNALS:
        tracer.start_span("execute_tool search", attributes=of).end()
    if "logs" in SIGNALS:
        logger.emit(event_name="gen_ai.client.inference.operation.details", attributes=of)


for call in range(1, 8):
    chat(call, failed=call in (3, 6))
    if call <= 3:
        tool()
    if call == 4:
        flush()
flush()
for provider in (meters, tracers, loggers):
    provider.shutdown()
