import { createForwarder, type Forwarder } from "../sources/otlp/forward/forwarder.ts"
import type { ExporterContext } from "./context.ts"

/** Forwards received telemetry; undefined where the settings name no backend. */
export function startForwarder({ settings, telemetry, log, lifecycle }: ExporterContext): Forwarder | undefined {
	if (settings.otlpForward === undefined) return undefined
	const forwarder = createForwarder({ ...settings.otlpForward, telemetry, log })
	lifecycle.onClose("OTLP forwarder", () => forwarder.close())
	return forwarder
}
