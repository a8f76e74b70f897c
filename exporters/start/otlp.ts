import { createOtlpReceiver } from "../sources/otlp/receiver.ts"
import type { OnLog, OnUsage } from "../sources/otlp/types.ts"
import type { ExporterContext } from "./context.ts"
import { startForwarder } from "./telemetry-forward.ts"
import { startTelemetryStore } from "./telemetry-store.ts"

export type OtlpReceiver = Awaited<ReturnType<typeof createOtlpReceiver>>

/** Receives OTLP of applications; undefined where neither group health nor autonomous is exposed. */
export async function startOtlp(
	context: ExporterContext,
	onUsage: OnUsage,
	onLog: OnLog,
): Promise<OtlpReceiver | undefined> {
	const { settings, telemetry, clock, log, lifecycle } = context
	if (!settings.groups.some((group) => group === "health" || group === "autonomous")) return undefined
	const receiver = await createOtlpReceiver({
		telemetry,
		listen: settings.otlpListen,
		grpcListen: settings.otlpGrpcListen,
		token: settings.otlpToken,
		corsOrigins: settings.otlpCorsOrigins,
		log,
		clock,
		onUsage,
		forwarder: startForwarder(context),
		// Closed after the receiver, which hands it the rest.
		store: startTelemetryStore(context),
		onLog,
	})
	lifecycle.onClose("OTLP receiver", () => receiver.close())
	return receiver
}
