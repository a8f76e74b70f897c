export type { ObservatoryAddress } from "./address.ts"
export { type Metric, MetricCapture, type MetricCaptureOptions } from "./metric-capture.ts"
export { MonitoringSpanProcessor, type MonitoringSpanProcessorOptions } from "./span-processor.ts"
export { MonitoringTelemetryClient, type TelemetryClient } from "./telemetry-client.ts"
